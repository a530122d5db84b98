// @ts-check
/**
 * `npm test` runs every suite and prints a summary, with a last line `N passed, N failed`.
 * `npm test -- unit e2e` runs only the suites of these groups; `stages` below has all groups.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ensureBrowser, ensureVulkanLoader, vulkanDrivers } from "./system.mjs";

/** @typedef {{ passed: number, failed: number }} Counts */
/** @typedef {(text: string) => void} Print */
/**
 * `print` receives the output of the suite's programs. Without it, the output goes to the terminal
 * as it comes.
 * @typedef {{ name: string, group: string, run: (print?: Print) => Promise<Counts> }} Suite
 */

const say = (/** @type {string} */ line) => console.log(line);
const scratch = mkdtempSync(join(tmpdir(), "radapt-test-"));
const browser = ensureBrowser(say);
ensureVulkanLoader(say);
let reports = 0;

/**
 * Runs a program of node_modules.
 * @param {Print | undefined} print
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>} exit status
 */
function tool(print, name, args, env = {}) {
  const windows = process.platform === "win32";
  const output = print ? "pipe" : "inherit";
  const plain = print || !process.stdout.isTTY;
  const child = spawn(join("node_modules", ".bin", windows ? `${name}.cmd` : name), args, {
    stdio: ["ignore", output, output],
    env: { ...process.env, CHROME_PATH: browser, ...(plain ? { NO_COLOR: "1" } : {}), ...env },
    shell: windows,
  });
  if (print) for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", print);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Makes a suite of one program, which counts as one test.
 * @param {string[]} command
 * @returns {Suite["run"]}
 */
const check =
  (...command) =>
  async (print) => {
    const status = await tool(print, command[0], command.slice(1));
    return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  };

/**
 * Makes a suite of one script of package.json, which counts as one test.
 * @param {string} name
 * @returns {Suite["run"]}
 */
const script = (name) => async () => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const env = { ...process.env, CHROME_PATH: browser };
  const { status } = spawnSync(npm, ["run", "--silent", name], { stdio: ["ignore", "inherit", "inherit"], env });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
};

/**
 * Adds a failure where no test failed but the program did, or where the suite had no tests.
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
 * @returns {Suite["run"]}
 */
const vitest =
  (project, env = {}) =>
  async (print) => {
    const report = join(scratch, `${++reports}.json`);
    const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const status = await tool(print, "vitest", args, env);
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

/** @type {Suite["run"]} */
async function endToEnd(print) {
  const report = join(scratch, `${++reports}.json`);
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: report, RADAPT_E2E_PORT: String(await freePort()) };
  const status = await tool(print, "playwright", ["test", "--reporter=list,json"], env);
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = readReport(report).stats ?? {};
  return settle(status, { passed: expected, failed: unexpected + flaky + skipped });
}

const inChromium = { name: "GPU in Chromium", group: "gpu-browser", run: vitest("gpu-browser") };
const [firstInNode, ...othersInNode] = vulkanDrivers(browser).map((driver) => ({
  name: `GPU in Node, ${driver.name}`,
  group: "gpu-node",
  run: vitest("gpu-node", driver.icd ? { VK_ICD_FILENAMES: driver.icd } : {}),
}));

/**
 * Suites of one stage run at the same time: compiling kernels uses only one core.
 * @type {Suite[][]}
 */
const stages = [
  [
    { name: "lint", group: "lint", run: check("biome", "check", ".") },
    { name: "unused code", group: "lint", run: check("knip") },
  ],
  [{ name: "types", group: "types", run: check("tsc", "--noEmit") }],
  [{ name: "build", group: "build", run: script("build") }],
  [{ name: "size", group: "size", run: script("size") }],
  [{ name: "unit", group: "unit", run: vitest("unit") }],
  [firstInNode, inChromium],
  ...othersInNode.map((suite) => [suite]),
  [{ name: "end to end", group: "e2e", run: endToEnd }],
];

const asked = process.argv.slice(2);
const groups = [...new Set(stages.flat().map(({ group }) => group))];
const unknown = asked.filter((name) => !groups.includes(name));
if (unknown.length > 0) throw new Error(`Unknown suite ${unknown.join(", ")}. There are: ${groups.join(", ")}`);

/**
 * @param {Suite} suite
 * @param {Print} [print]
 */
async function timed({ name, run }, print) {
  const start = performance.now();
  const counts = await run(print);
  return { name, seconds: (performance.now() - start) / 1000, ...counts };
}

const rows = [];
for (const stage of stages) {
  const [first, ...others] = stage.filter(({ group }) => asked.length === 0 || asked.includes(group));
  if (!first) continue;
  say(`\n── ${first.name} ──`);
  const beside = others.map((suite) => {
    /** @type {string[]} */
    const said = [];
    return { suite, said, row: timed(suite, (text) => said.push(text)) };
  });
  rows.push(await timed(first));
  for (const { suite, said, row } of beside) {
    const ended = await row;
    say(`\n── ${suite.name} ──\n${said.join("")}`);
    rows.push(ended);
  }
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
