// @ts-check
/**
 * `npm run screenshots` runs the demo in the built app and takes the README's picture,
 * docs/screenshot.png. `npm run screenshots -- FOLDER` also saves every screen there, in both
 * themes, 1440 and 390 px wide, for a look at the whole app.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { chromium } from "playwright";
import { serve } from "./serve.mjs";
import { chromiumFlags, ensureBrowser } from "./system.mjs";

const folder = process.argv[2];
const executablePath = ensureBrowser(console.log);
const server = await serve({ port: 4273 });
const browser = await chromium.launch({ executablePath, args: chromiumFlags });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });

await page.goto(server.url);
await page.getByRole("button", { name: "Run the demo" }).first().click();
await page.getByRole("table", { name: "Comparison of methods" }).waitFor({ timeout: 300_000 });
await page.getByText(/Finished: \d+ of \d+ runs/).waitFor({ timeout: 300_000 });
mkdirSync("docs", { recursive: true });
await page.screenshot({ path: "docs/screenshot.png" });
console.log("docs/screenshot.png");

if (folder) {
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    for (const width of [1440, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: width > 600 ? 900 : 844 });
      for (const [screen, route] of Object.entries({
        Data: "",
        Plan: "plan",
        Results: "results",
        "Self-test": "selftest",
        Profile: "profile",
      })) {
        await page.goto(`${server.url}#/${route}`);
        await page.getByRole("heading", { level: 1, name: screen }).waitFor();
        const path = join(folder, `${screen.toLowerCase()}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
        console.log(path);
      }
    }
  }
}
await browser.close();
await server.close();
