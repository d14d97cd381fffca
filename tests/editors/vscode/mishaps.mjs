// What happens to people: unsaved files, names that change, configuration that breaks, cells that move, fast typing.
// Usage: node mishaps.mjs OPTIONS.json, those of workbench.mjs with {slip}: a text with one slip, on line 12 of it.
import fs from "node:fs";
import path from "node:path";
import { inWorkbench, SQUIGGLES } from "./workbench.mjs";

await inWorkbench(JSON.parse(fs.readFileSync(process.argv[2], "utf8")), async (bench) => {
  const { page, options } = bench;

  // Typing faster than anybody, with the slip in the middle of it; undoing brings the finding back.
  await bench.open("net.py");
  await bench.squiggles(1);
  await bench.goTo(12, 1);
  await page.keyboard.press("End");
  for (const character of "  # typed without a pause".repeat(4)) await page.keyboard.type(character);
  await bench.squiggles(1);
  await bench.actions();
  await page.keyboard.press("Enter");
  await bench.squiggles(0);
  await page.keyboard.press("Control+z");
  await bench.squiggles(1);
  await bench.replace(options.slip);
  await bench.save();

  // The server is restarted, with the file open.
  await bench.command("nablint: Restart Server");
  await bench.squiggles(0);
  await bench.squiggles(1);

  // The file is renamed while it is open, and the other one of the old name is not remembered.
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "net.py" }).click();
  await page.keyboard.press("F2");
  await page.keyboard.type("renamed");
  await page.keyboard.press("Enter");
  await page.locator(".tab.active", { hasText: "renamed.py" }).waitFor();
  await page.locator(".monaco-editor .view-lines").first().click();
  await bench.squiggles(1);
  await bench.command("Problems: Focus on Problems View");
  await page.locator(".markers-panel .monaco-list-row[aria-level='1']", { hasText: "renamed.py" }).waitFor();
  await page.locator(".markers-panel .monaco-list-row[aria-level='1']", { hasText: "net.py" }).waitFor({ state: "detached" });
  bench.say("renamed", await bench.text(".markers-panel .monaco-list-rows"));
  await bench.shot("1-renamed");

  // Configuration comes, breaks (the last good one stays, and a message says so) and goes.
  bench.write("nablint.toml", 'ignore = ["ALL"]\n');
  await bench.squiggles(0);
  bench.write("nablint.toml", "ignore = [\n");
  await page.waitForSelector(".notification-list-item-message");
  await bench.shot("2-broken-configuration");
  bench.say("broken", await bench.text(".notification-list-item-message"));
  await bench.squiggles(0);
  fs.rmSync(path.join(options.folder, "nablint.toml"));
  await bench.squiggles(1);
  await bench.command("Notifications: Clear All Notifications");

  // A whole file is mended on saving.
  bench.write(".vscode/settings.json",
    JSON.stringify({ "[python]": { "editor.codeActionsOnSave": { "source.fixAll.nablint": "explicit" } } }));
  await bench.goTo(1);
  await page.keyboard.press("End");
  await page.keyboard.type("  # touched");
  for (let tries = 0; tries < 10 && (await page.locator(SQUIGGLES).count()); tries++) {
    await page.waitForTimeout(3000); // until the settings are read
    await page.keyboard.type(".");
    await page.keyboard.press("Control+s");
  }
  await bench.squiggles(0);
  await page.waitForTimeout(1000);
  bench.say("saved", bench.read("renamed.py"));

  // The file is deleted while it is open, and its tab closed.
  await bench.replace(options.slip);
  await bench.squiggles(1);
  fs.rmSync(path.join(options.folder, "renamed.py"));
  await page.locator(".tab.active .action-label").first().click();
  await page.locator(".monaco-dialog-box .monaco-button", { hasText: "Don't Save" }).click();
  await page.locator(".markers-panel", { hasText: "No problems have been detected" }).waitFor();
  await bench.shot("3-deleted");

  // A text that is on no disk.
  await bench.command("File: New Untitled Text File");
  await bench.command("Change Language Mode");
  await page.keyboard.type("Python");
  await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: "Python" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".monaco-editor .view-lines").first().click();
  await bench.replace(options.slip);
  await bench.squiggles(1);
  await bench.shot("4-untitled");
  await page.locator(".tab.active .action-label").first().click();
  await page.locator(".monaco-dialog-box .monaco-button", { hasText: "Don't Save" }).click();

  // A cell is moved above the one that it needs, and back.
  await bench.open("book.ipynb");
  await bench.squiggles(1, ".notebookOverlay");
  await page.locator(".notebookOverlay .cell-list-container .monaco-list-row").nth(1).click({ position: { x: 15, y: 60 } });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Alt+ArrowUp");
  await page.waitForTimeout(3000);
  await bench.shot("5-moved");
  bench.say("moved", await page.locator(".notebookOverlay .squiggly-error").count());
  await page.keyboard.press("Alt+ArrowDown");
  await bench.squiggles(1, ".notebookOverlay");
  await bench.shot("6-back");
});
