// A real VS Code workbench: code-server, opened by headless Chromium.
import { spawn, execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const SETTINGS = {
  "nablint.trace.server": "messages",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.colorTheme": "Default Light Modern",
  "editor.minimap.enabled": false,
  "editor.hover.sticky": true,
  "editor.autoIndent": "none",
  "files.hotExit": "off",
  "files.autoSave": "off",
  "chat.commandCenter.enabled": false,
};
export const SQUIGGLES = ".squiggly-warning, .squiggly-error";

/** Runs a session in a workbench; what it says is printed as a line of JSON for each step.
 *  options: {codeServer, chromium, vsix, folder, output, settings}; the screenshots go to `output`. */
export async function inWorkbench(options, session) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "nablint-workbench-"));
  fs.mkdirSync(options.output, { recursive: true });
  let server, browser, page;
  try {
    const started = await startServer(options, home);
    server = started.server;
    const { chromium } = createRequire(path.join(options.codeServer, "package.json"))("playwright-core");
    browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(60000);
    await page.goto(`${started.address}/?folder=${encodeURIComponent(options.folder)}`);
    await page.waitForSelector(".monaco-workbench");
    await page.waitForSelector(".explorer-folders-view .monaco-list-row");
    await session(new Workbench(page, options));
  } catch (error) {
    await page?.screenshot({ path: path.join(options.output, "failed.png") });
    console.error(error.stack);
    process.exitCode = 1;
  } finally {
    await browser?.close();
    server?.kill();
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function startServer(options, home) {
  const binary = path.join(options.codeServer, "node_modules/code-server/out/node/entry.js");
  const places = ["--user-data-dir", path.join(home, "data"), "--extensions-dir", path.join(home, "extensions")];
  const environment = { ...process.env, XDG_CONFIG_HOME: home, HOME: home };
  fs.mkdirSync(path.join(home, "data/User"), { recursive: true });
  fs.writeFileSync(path.join(home, "data/User/settings.json"), JSON.stringify({ ...SETTINGS, ...options.settings }));
  execFileSync(process.execPath, [binary, ...places, "--install-extension", options.vsix], { env: environment, stdio: "pipe" });
  const port = await freePort();
  const log = fs.openSync(path.join(options.output, "code-server.log"), "w");
  const server = spawn(process.execPath, [binary, ...places, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`,
    "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"], {
    env: environment, stdio: ["ignore", log, log] });
  const address = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await fetch(`${address}/healthz`).then((r) => r.ok, () => false)); tries++) {
    if (tries > 120) throw new Error("code-server does not answer");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return { server, address };
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What a user does in it. */
class Workbench {
  constructor(page, options) {
    this.page = page;
    this.options = options;
  }

  say(step, found) {
    console.log(JSON.stringify({ step, found }));
  }

  async shot(name) {
    await this.page.waitForTimeout(500);
    await this.page.screenshot({ path: path.join(this.options.output, `${name}.png`) });
  }

  async open(name) {
    await this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
    await this.page.waitForSelector(".monaco-editor .view-lines");
  }

  async command(name) {
    await this.page.keyboard.press("F1");
    await this.page.waitForSelector(".quick-input-box input");
    await this.page.keyboard.type(name);
    await this.page.locator(".quick-input-list .label-name").getByText(name, { exact: true }).click();
  }

  async goTo(row, column = 1) {
    await this.page.keyboard.press("Control+g");
    await this.page.waitForSelector(".quick-input-box input");
    await this.page.keyboard.type(`${row}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.page.waitForTimeout(300);
  }

  /** So many squiggles, from now on for as long as an analysis may take to bring another. */
  async squiggles(count, where = ".monaco-editor") {
    await this.page.waitForFunction(([selector, wanted]) => document.querySelectorAll(selector).length === wanted,
      [SQUIGGLES.split(", ").map((s) => `${where} ${s}`).join(", "), count]);
  }

  async text(selector) {
    return (await this.page.locator(selector).first().innerText()).replace(/\u00a0/g, " ");
  }

  /** The lines of the active editor, hints and all. */
  async lines() {
    return this.text(".editor-instance .view-lines");
  }

  async hover() {
    await this.page.keyboard.press("Control+k");
    await this.page.keyboard.press("Control+i");
    await this.page.waitForSelector(".monaco-hover-content .rendered-markdown");
  }

  async actions() {
    await this.page.keyboard.press("Control+.");
    await this.page.waitForSelector(".action-widget .monaco-list-row");
    return (await this.page.locator(".action-widget .monaco-list-row.action").allInnerTexts()).map((t) => t.trim());
  }

  /** A text in the place of all that the active editor holds. */
  async replace(text) {
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.insertText(text);
  }

  async save() {
    await this.page.keyboard.press("Control+s");
    await this.page.waitForFunction(() => !document.querySelector(".tab.active.dirty"));
    await this.page.waitForTimeout(500);
  }

  write(name, text) {
    const file = path.join(this.options.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  read(name) {
    return fs.readFileSync(path.join(this.options.folder, name), "utf8");
  }
}
