// Drives the extension in a real VS Code workbench: code-server, opened by headless Chromium.
// Usage: node workbench.mjs OPTIONS.json, with {codeServer, vsix, program, folder, file, output, steps}; each step prints
// one line of JSON, the screenshots go to `output`.
import { spawn, execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const options = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const require = createRequire(path.join(options.codeServer, "package.json"));
const { chromium } = require("playwright-core");
const home = fs.mkdtempSync(path.join(os.tmpdir(), "nablint-workbench-"));
const binary = path.join(options.codeServer, "node_modules/code-server/out/node/entry.js");
const places = ["--user-data-dir", path.join(home, "data"), "--extensions-dir", path.join(home, "extensions")];
const environment = { ...process.env, XDG_CONFIG_HOME: home, HOME: home };

fs.mkdirSync(path.join(home, "data/User"), { recursive: true });
fs.mkdirSync(options.output, { recursive: true });
fs.writeFileSync(path.join(home, "data/User/settings.json"), JSON.stringify({
  "nablint.path": options.program,
  "nablint.trace.server": "messages",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.colorTheme": "Default Light Modern",
  "editor.minimap.enabled": false,
  "editor.hover.sticky": true,
  "files.hotExit": "off",
  ...options.settings,
}));
execFileSync(process.execPath, [binary, ...places, "--install-extension", options.vsix], { env: environment, stdio: "pipe" });

const port = await new Promise((resolve) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const log = fs.openSync(path.join(options.output, "code-server.log"), "w");
const server = spawn(process.execPath, [binary, ...places, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`,
  "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"], {
  env: environment, stdio: ["ignore", log, log] });
let browser;
try {
  for (let tries = 0; ; tries++) {
    const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then((r) => r.ok, () => false);
    if (answered) break;
    if (tries > 120) throw new Error("code-server does not answer");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(options.patience ?? 60000);
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(options.folder)}`);
  await page.waitForSelector(".monaco-workbench");
  await page.waitForSelector(".explorer-folders-view .monaco-list-row");
  const say = (step, found) => console.log(JSON.stringify({ step, found }));
  const shot = (name) => page.screenshot({ path: path.join(options.output, `${name}.png`) });
  const command = async (name) => {
    await page.keyboard.press("F1");
    await page.waitForSelector(".quick-input-box input");
    await page.keyboard.type(name);
    await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: name }).waitFor();
    await page.keyboard.press("Enter");
  };
  const line = async (row, column = 1) => {
    await page.keyboard.press("Control+g");
    await page.waitForSelector(".quick-input-box input");
    await page.keyboard.type(`${row}:${column}`);
    await page.keyboard.press("Enter");
    await page.waitForTimeout(300);
  };
  const text = (selector) => page.locator(selector).first().innerText();

  // Open the file: it gets its squiggle, its hints and its lens.
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: options.file }).dblclick();
  await page.waitForSelector(".monaco-editor .view-lines");
  if (options.correction) {
    // The program is nowhere: a message says so, and the server starts as soon as the setting is right.
    await page.waitForSelector(".notification-list-item-message");
    await shot("0-missing");
    say("missing", await text(".notification-list-item-message"));
    fs.mkdirSync(path.join(options.folder, ".vscode"));
    fs.writeFileSync(path.join(options.folder, ".vscode/settings.json"),
      JSON.stringify({ "nablint.path": options.correction }));
  }
  await page.waitForSelector(".squiggly-warning, .squiggly-error");
  if (options.hint) await page.waitForFunction((hint) => [...document.querySelectorAll(".view-line")].some(
    (l) => l.textContent.replace(/\u00a0/g, " ").includes(hint)), options.hint);
  await page.waitForSelector(".codelens-decoration a");
  await shot("1-squiggle");
  say("squiggles", await page.locator(".squiggly-warning, .squiggly-error").count());
  say("lens", await text(".codelens-decoration a"));
  say("hinted", (await page.locator(".view-lines").first().innerText()).replace(/\u00a0/g, " "));

  // Hover over the flagged line.
  await line(options.row, options.column);
  await page.keyboard.press("Control+k");
  await page.keyboard.press("Control+i");
  await page.waitForSelector(".monaco-hover-content .rendered-markdown");
  await page.waitForTimeout(500);
  await shot("2-hover");
  say("hover", await text(".monaco-hover-content"));
  await page.keyboard.press("Escape");

  // F8 shows the message.
  await line(1);
  await page.keyboard.press("F8");
  await page.waitForSelector(".marker-widget .message, .marker-widget .descriptioncontainer");
  await page.waitForTimeout(500);
  await shot("3-message");
  say("message", await text(".marker-widget"));
  await page.keyboard.press("Escape");

  // The derivation in its panel.
  await line(options.row, options.column);
  await command("nablint: Show Derivation");
  await page.waitForSelector("iframe.webview");
  const inner = page.frameLocator("iframe.webview").first().frameLocator("iframe#active-frame");
  await inner.locator("math").first().waitFor();
  await page.waitForTimeout(500);
  await shot("4-derivation");
  say("derivation", await inner.locator("body").innerText());
  await page.keyboard.press("Control+1");

  // The quick-fix repairs the line.
  await line(options.row, options.column);
  await page.keyboard.press("Control+.");
  await page.waitForSelector(".action-widget .monaco-list-row");
  await page.waitForTimeout(500);
  await shot("5-actions");
  say("actions", (await page.locator(".action-widget .monaco-list-row.action").allInnerTexts()).map((t) => t.trim()));
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll(".squiggly-warning, .squiggly-error").length === 0);
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(1000);
  await shot("6-repaired");
  say("repaired", fs.readFileSync(path.join(options.folder, options.file), "utf8"));

  // A notebook: the finding is in its cell, the repair too.
  if (options.notebook) {
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: options.notebook }).dblclick();
    await page.waitForSelector(".notebookOverlay .squiggly-warning, .notebookOverlay .squiggly-error");
    await shot("7-notebook");
    say("notebook", await page.locator(".notebookOverlay .squiggly-warning, .notebookOverlay .squiggly-error").count());
  }
} catch (error) {
  const page = browser?.contexts()[0]?.pages()[0];
  await page?.screenshot({ path: path.join(options.output, "failed.png") });
  console.error(String(error));
  process.exitCode = 1;
} finally {
  await browser?.close();
  server.kill();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
