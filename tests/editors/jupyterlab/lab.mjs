// Opens a notebook in JupyterLab with headless Chromium and reads the finding off its cell.
// Usage: node lab.mjs OPTIONS.json, with {modules, chromium, address, screenshot}; prints {marked, tip}.
import fs from "node:fs";
import { createRequire } from "node:module";

const options = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const { chromium } = createRequire(`${options.modules}/package.json`)("playwright-core");
const browser = await chromium.launch({
  executablePath: options.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(90000);
try {
  await page.goto(options.address);
  const mark = page.locator(".cm-lintRange-warning, .cm-lintRange-error").first();
  await mark.waitFor();
  await mark.hover();
  const tip = page.locator(".cm-tooltip, .lsp-hover").first();
  await tip.waitFor();
  await page.screenshot({ path: options.screenshot });
  console.log(JSON.stringify({ marked: await mark.innerText(), tip: await tip.innerText() }));
} finally {
  await browser.close();
}
