// @ts-check
/**
 * `npm test`: every suite, one summary, and a last line `N passed, N failed`.
 * `npm test -- unit e2e` runs only the suites named; the suites' names stand in the table below.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ensureBrowser, ensureVulkanLoader, vulkanDrivers } from "./system.mjs";

/** @typedef {{ passed: number, failed: number }} Counts */
/** @typedef {{ name: string, group: string, run: () => Promise<Counts> }} Suite */

const say = (/** @type {string} */ line) => console.log(line);
const scratch = mkdtempSync(join(tmpdir(), "radapt-test-"));
const browser = ensureBrowser(say);
ensureVulkanLoader(say);
let reports = 0;

/**
 * Runs a program of node_modules in the foreground.
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>} exit status
 */
function tool(name, args, env = {}) {
  const windows = process.platform === "win32";
  const child = spawn(join("node_modules", ".bin", windows ? `${name}.cmd` : name), args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CHROME_PATH: browser, ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }), ...env },
    shell: windows,
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * A check counts as one test.
 * @param {string[]} command
 * @returns {() => Promise<Counts>}
 */
const check =
  (...command) =>
  async () => {
    const status = await tool(command[0], command.slice(1));
    return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  };

/**
 * A failing exit or an empty suite is a failure even where no single test says so.
 * @param {number} status
 * @param {Counts} counts
 * @returns {Counts}
 */
function settle(status, counts) {
  const nothing = counts.passed + counts.failed === 0;
  return (status !== 0 && counts.failed === 0) || nothing ? { ...counts, failed: counts.failed + 1 } : counts;
}

/**
 * @param {string} file
 * @returns {any} the reporter's JSON, or an empty object when the runner died before writing it
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/**
 * @param {string} project
 * @param {Record<string, string>} [env]
 * @returns {() => Promise<Counts>}
 */
const vitest =
  (project, env = {}) =>
  async () => {
    const report = join(scratch, `${++reports}.json`);
    const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const status = await tool("vitest", args, env);
    const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = readReport(report);
    return settle(status, { passed: numPassedTests, failed: numFailedTests + numPendingTests });
  };

/** @returns {Promise<number>} a port of localhost that nobody listens on */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "localhost", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** @returns {Promise<Counts>} */
async function endToEnd() {
  const report = join(scratch, `${++reports}.json`);
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: report, RADAPT_E2E_PORT: String(await freePort()) };
  const status = await tool("playwright", ["test", "--reporter=list,json"], env);
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = readReport(report).stats ?? {};
  return settle(status, { passed: expected, failed: unexpected + flaky + skipped });
}

/** @type {Suite[]} */
const suites = [
  { name: "lint", group: "lint", run: check("biome", "check", ".") },
  { name: "types", group: "types", run: check("tsc", "--noEmit") },
  { name: "build", group: "build", run: async () => settleBuild() },
  { name: "unit", group: "unit", run: vitest("unit") },
  ...vulkanDrivers(browser).map((driver) => ({
    name: `GPU in Node, ${driver.name}`,
    group: "gpu-node",
    run: vitest("gpu-node", driver.icd ? { VK_ICD_FILENAMES: driver.icd } : {}),
  })),
  { name: "GPU in Chromium", group: "gpu-browser", run: vitest("gpu-browser") },
  { name: "end to end", group: "e2e", run: endToEnd },
];

/** @returns {Counts} */
function settleBuild() {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["run", "--silent", "build"], { stdio: ["ignore", "inherit", "inherit"] });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.some((suite) => suite.group === name));
if (unknown.length > 0) {
  const known = [...new Set(suites.map((suite) => suite.group))].join(", ");
  throw new Error(`Unknown suite ${unknown.join(", ")}. There are: ${known}`);
}

const rows = [];
for (const suite of suites.filter(({ group }) => asked.length === 0 || asked.includes(group))) {
  say(`\n── ${suite.name} ──`);
  const start = performance.now();
  const counts = await suite.run();
  rows.push({ name: suite.name, seconds: (performance.now() - start) / 1000, ...counts });
}
rmSync(scratch, { recursive: true, force: true });

say("");
for (const { name, passed, failed, seconds } of rows) {
  const counts = `${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`;
  say(`${name.padEnd(28)} ${counts} ${seconds.toFixed(0).padStart(5)} s`);
}
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
say(`${passed} passed, ${failed} failed`);
