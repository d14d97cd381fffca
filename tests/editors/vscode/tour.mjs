// What the extension shows, in the order in which a user meets it.
// Usage: node tour.mjs OPTIONS.json, those of workbench.mjs with {correction}: the program, which is looked for elsewhere at first.
import fs from "node:fs";
import { inWorkbench } from "./workbench.mjs";

await inWorkbench(JSON.parse(fs.readFileSync(process.argv[2], "utf8")), async (bench) => {
  const { page, options } = bench;

  // The program is nowhere: a message says so, and the server starts as soon as the setting is right.
  await bench.open("layers.py");
  await page.waitForSelector(".notification-list-item-message");
  await bench.shot("0-missing");
  bench.say("missing", await bench.text(".notification-list-item-message"));
  bench.write(".vscode/settings.json", JSON.stringify({ "nablint.path": options.correction }));
  await bench.squiggles(1);
  await bench.command("Notifications: Clear All Notifications");

  // The file has its squiggle, its hints and its lenses.
  await page.locator(".view-line", { hasText: "self.W: (n_in, n_out) =" }).waitFor();
  await page.locator(".codelens-decoration a", { hasText: "2 of 3 gradients verified, 1 wrong" }).waitFor();
  await bench.shot("1-squiggle");
  bench.say("lenses", await page.locator(".codelens-decoration a").allInnerTexts());
  bench.say("hinted", await bench.lines());

  // Hover over the flagged line, and over a product.
  await bench.goTo(14, 12);
  await bench.hover();
  await page.locator(".monaco-hover-content", { hasText: "across the inner product" }).waitFor();
  await bench.shot("2-hover");
  bench.say("hover", await bench.text(".monaco-hover-content"));
  await page.keyboard.press("Escape");
  await bench.goTo(11, 18);
  await bench.hover();
  await page.waitForSelector(".monaco-hover-content img");
  await bench.shot("3-product");
  bench.say("picture", await page.locator(".monaco-hover-content img").first().evaluate((i) => [i.naturalWidth, i.naturalHeight]));
  await page.keyboard.press("Escape");

  // F8 shows the message.
  await bench.goTo(1);
  await page.keyboard.press("F8");
  await page.waitForSelector(".marker-widget .message, .marker-widget .descriptioncontainer");
  await bench.shot("4-message");
  bench.say("message", await bench.text(".marker-widget"));
  await page.keyboard.press("Escape");

  // The derivation in its panel.
  await bench.goTo(14, 12);
  await bench.command("nablint: Show Derivation");
  await page.waitForSelector("iframe.webview");
  const panel = page.frameLocator("iframe.webview").first().frameLocator("iframe#active-frame");
  await panel.locator("li.result math").waitFor();
  await bench.shot("5-derivation");
  bench.say("derivation", await panel.locator("body").innerText());
  bench.say("formulas", await panel.locator("math").count());
  bench.say("raised", await panel.locator("h1 math msup").evaluate((e) => {
    const [base, power] = [...e.children].map((child) => child.getBoundingClientRect());
    return power.top < base.top && power.bottom < base.bottom;
  }));
  await page.keyboard.press("Control+1");

  // The quick-fix repairs the line.
  await bench.goTo(14, 12);
  bench.say("actions", await bench.actions());
  await bench.shot("6-actions");
  await page.keyboard.press("Enter");
  await bench.squiggles(0);
  await page.locator(".codelens-decoration a", { hasText: /^3 gradients verified$/ }).waitFor();
  await bench.save();
  await bench.shot("7-repaired");
  bench.say("repaired", bench.read("layers.py"));
  await panel.locator(".verdict.proved, .verdict.verified").waitFor(); // the panel follows

  // Behind the name of a gradient the derived one is offered.
  await bench.goTo(14, 18);
  await page.keyboard.press("Shift+End");
  await page.keyboard.press("Delete");
  await page.keyboard.type(" ");
  await page.locator(".suggest-widget.visible .monaco-list-row.focused", { hasText: "self.x.T @ dout" }).waitFor();
  bench.say("kept", await panel.locator("math").count());
  await bench.shot("8-completion");
  await page.keyboard.press("Enter");
  await bench.squiggles(0);
  await bench.save();
  bench.say("completed", bench.read("layers.py"));

  // The backward pass is written.
  await bench.open("forward.py");
  await bench.goTo(4, 5);
  await page.keyboard.press("Control+Shift+r");
  await page.locator(".action-widget .monaco-list-row.action", { hasText: "Write the backward pass" }).waitFor();
  await bench.shot("9-write");
  await page.keyboard.press("Enter");
  await page.locator(".codelens-decoration a", { hasText: /^3 gradients verified$/ }).waitFor();
  await bench.shot("10-written");
  await bench.save();
  bench.say("written", bench.read("forward.py"));

  // A notebook: forward and backward stand in different cells, the finding is in its own.
  await bench.open("book.ipynb");
  await bench.squiggles(1, ".notebookOverlay");
  await bench.shot("11-notebook");
  bench.say("notebook", await page.locator(".notebookOverlay .codelens-decoration a").allInnerTexts());

  // Every file is checked, and the status item says what runs.
  await bench.command("nablint: Check Workspace");
  await bench.command("Problems: Focus on Problems View");
  await page.locator(".markers-panel .monaco-list-row[aria-level='1']", { hasText: "closed.py" }).waitFor();
  await bench.shot("12-problems");
  bench.say("problems", await bench.text(".markers-panel .monaco-list-rows"));
  await bench.open("layers.py");
  await page.locator("#status\\.languageStatus").hover();
  const status = page.locator(".hover-language-status", { hasText: "nablint" });
  await status.waitFor();
  await bench.shot("13-status");
  bench.say("status", await status.innerText());
  await bench.command("nablint: Show Log");
  const log = page.locator(".part.panel .view-line", { hasText: "Received response" });
  await log.first().waitFor();
  await bench.shot("14-log");
  bench.say("log", (await log.first().innerText()).replace(/\u00a0/g, " "));
});
