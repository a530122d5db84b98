// @ts-check
/**
 * `npm run size` measures what the first screen loads, and fails above the bound. It opens the
 * built app in a headless browser without stored data, waits until the page is idle, and adds up
 * the gzipped size of the JavaScript and CSS that the page loaded. It lists the worker's script but
 * does not count it: that one holds the training engine and loads in parallel.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright";
import { serve } from "./serve.mjs";
import { chromiumFlags, ensureBrowser } from "./system.mjs";

/** Largest allowed size of gzipped JavaScript and CSS together, bytes. */
const bound = 200_000;
const dist = fileURLToPath(new URL("../dist", import.meta.url));

/**
 * @param {string} url the app's address
 * @returns {Promise<{ page: string[], workers: string[] }>} addresses of scripts and style sheets
 */
async function firstLoad(url) {
  const browser = await chromium.launch({ executablePath: ensureBrowser(() => {}), args: chromiumFlags });
  try {
    const page = await browser.newPage();
    await page.goto(url, { waitUntil: "networkidle" });
    await page.getByRole("heading", { level: 1, name: "Data" }).waitFor();
    // The page's resource list does not contain what the worker loads.
    const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const workers = page.workers().map((worker) => worker.url());
    const isCounted = (/** @type {string} */ name) => /\.(js|css)$/.test(name) && !workers.includes(name);
    return { page: [...new Set(loaded)].filter(isCounted), workers };
  } finally {
    await browser.close();
  }
}

/**
 * @param {string} base
 * @param {string} address
 */
function measure(base, address) {
  const bytes = readFileSync(join(dist, address.slice(base.length)));
  return { file: address.slice(base.length), bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** @param {string[]} columns file, size, size gzipped */
const say = ([file, size, gzip]) => console.log(`${file.padEnd(48)}${size.padStart(10)}${gzip.padStart(10)}`);

/** @param {{ file: string, bytes: number, gzip: number }} row */
const sayRow = ({ file, bytes, gzip }) => say([file, kilobytes(bytes), kilobytes(gzip)]);

const server = await serve({ port: 4274 });
const loaded = await firstLoad(server.url).finally(() => server.close());
const rows = loaded.page.map((address) => measure(server.url, address)).sort((a, b) => b.gzip - a.gzip);
if (rows.length === 0) throw new Error("The page loaded no script: nothing was measured.");
const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
const gzip = rows.reduce((sum, row) => sum + row.gzip, 0);
say(["", "size", "gzip"]);
rows.forEach(sayRow);
sayRow({ file: "First screen", bytes, gzip });
for (const address of loaded.workers) sayRow({ ...measure(server.url, address), file: "Beside it, the worker" });
if (gzip > bound) {
  console.error(
    `The first screen loads ${kilobytes(gzip)} of gzipped JavaScript and CSS, more than the bound of ` +
      `${kilobytes(bound)}. Load what it does not show with import(), when it is wanted.`,
  );
  process.exitCode = 1;
}
