// @ts-check
/**
 * `npm run bench` measures Radapt beside onnxruntime-web, jax-js and TensorFlow.js on one adapter.
 * All compute the same network. It first compares their results and then times them in turns.
 * Writes bench-results/*.json and prints tables. Options, each with its default:
 *
 *   --in chromium            or node (Dawn), or both: chromium,node
 *   --sizes micro:8,tiny:2   network:batch; also small
 *   --works forward,lora,full
 *   --only …                 contestants by name: radapt-webgpu, radapt-wasm, ort-webgpu,
 *                            ort-wasm, jax-webgpu, jax-wasm, tfjs-webgpu
 *   --rounds 5               maximum number of repetitions of a contestant in one table
 *   --seconds 20             time after which a contestant is not repeated in one table
 *   --docs                   writes the tables into docs/performance.md
 *   --from a.json,b.json     measures nothing and prints the tables of earlier runs on one adapter,
 *                            which --docs may write
 *
 * RADAPT_GPU=hardware uses this machine's GPU. Otherwise Linux uses a software driver.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { openChromium } from "./bench/chromium.mjs";
import { openNode } from "./bench/node.mjs";
import { findBrowser, vulkanDrivers } from "./system.mjs";

/** @typedef {import("./bench/report").Report} Report */
/** @typedef {typeof import("./bench/report")} Reporting */
/** @typedef {typeof import("./bench/measure")} Measuring */
/** @typedef {typeof import("./bench/vit")} Vit */

const contestants = ["radapt-webgpu", "radapt-wasm", "ort-webgpu", "ort-wasm", "jax-webgpu", "jax-wasm", "tfjs-webgpu"];
const packages = ["onnxruntime-web", "@jax-js/jax", "@tensorflow/tfjs-core", "webgpu"];

const [, help] = /** @type {RegExpMatchArray} */ (
  readFileSync(new URL(import.meta.url), "utf8").match(/\/\*\*\n(.*?)\n \*\//s)
);

/**
 * @param {string} message what is wrong with the command line
 * @returns {never}
 */
function refuse(message) {
  console.error(`${message}\nOptions: npm run bench -- --help`);
  process.exit(2);
}

const parsed = () =>
  parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      in: { type: "string", default: "chromium" },
      sizes: { type: "string", default: "micro:8,tiny:2" },
      works: { type: "string", default: "forward,lora,full" },
      only: { type: "string", default: contestants.join() },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "20" },
      docs: { type: "boolean", default: false },
      from: { type: "string" },
    },
  }).values;

/** @returns {ReturnType<typeof parsed>} */
function given() {
  try {
    return parsed();
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const values = given();
if (values.help) {
  console.log(help.replaceAll(/^ \* ?/gm, ""));
  process.exit(0);
}

/**
 * @param {string} given
 * @param {readonly string[]} known
 * @param {string} option
 * @returns {string[]} the items of a comma-separated option, all of which are known
 */
function listOf(given, known, option) {
  const list = given.split(",").filter(Boolean);
  const unknown = list.find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`--${option} ${unknown}: expected some of ${known.join(", ")}`);
  return list;
}

/**
 * @param {string} name
 * @returns {string} the installed version of a package
 */
const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;

const load = async (/** @type {string} */ file) =>
  (await runnerImport(new URL(`./bench/${file}.ts`, import.meta.url).pathname, { configFile: false })).module;
const { measureWork } = /** @type {Measuring} */ (await load("measure"));
const { isUnequal, joinReports, markdown, withSection } = /** @type {Reporting} */ (await load("report"));
const { networkOf, vitSizes } = /** @type {Vit} */ (await load("vit"));

const works = /** @type {import("./bench/contestant").Work[]} */ (
  listOf(values.works, ["forward", "lora", "full"], "works")
);
const names = listOf(values.only, contestants, "only");
const networks = values.sizes.split(",").map((text) => {
  const [size, batch = "1"] = text.split(":");
  listOf(size, Object.keys(vitSizes), "sizes");
  if (!/^[1-9]\d*$/.test(batch)) refuse(`--sizes ${text}: expected network:batch, e.g. tiny:2`);
  return { size, net: networkOf(/** @type {keyof typeof vitSizes} */ (size), Number(batch)) };
});
const limits = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
if (!(limits.rounds >= 1 && limits.seconds >= 0)) refuse("--rounds must be at least 1, --seconds at least 0");
const say = (/** @type {string} */ line) => console.log(line);

/**
 * @param {string} place
 * @param {(report: Report) => void} save called after each table, so that a crash loses none
 */
async function run(place, save) {
  const driver = vulkanDrivers(findBrowser()?.path ?? "").at(-1);
  const where = place === "node" ? openNode(driver?.icd ?? null) : await openChromium();
  /** @type {Report} */
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0].model.trim(), cores: cpus().length, load: [loadavg()[0], 0] },
    environment: where.version,
    adapter: "",
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    groups: [],
    rates: [],
    profiles: [],
    submits: [],
  };
  /**
   * @type {{ name: string, host: import("./bench/host").ContestantHost, end: () => Promise<void>
   *   }[]}
   */
  const entrants = [];
  for (const name of names) {
    try {
      entrants.push({ name, ...(await where.host(name)) });
    } catch (error) {
      const open = async () => {
        throw error;
      };
      // This contestant does not load; its rows will give the error.
      entrants.push({ name, host: /** @type {any} */ ({ open }), end: async () => {} });
    }
  }
  const own = entrants.find(({ name }) => name === "radapt-webgpu");
  for (const { size, net } of networks) {
    for (const work of works) {
      say(`${where.version}: ${work}, ${size}, batch ${net.batch}`);
      const able = entrants.filter(({ name }) => work === "forward" || !name.startsWith("ort-"));
      report.groups.push({ size, batch: net.batch, work, rows: await measureWork(able, net, work, limits, say) });
      report.machine.load[1] = loadavg()[0];
      save(report);
    }
    try {
      const profile = await own?.host.profile(net, works);
      if (!profile) continue;
      report.adapter = profile.adapter;
      report.rates = profile.rates;
      report.profiles.push({ size, batch: net.batch, ...profile.step });
    } catch (error) {
      say(`no profile: ${error instanceof Error ? error.message : error}`);
    }
  }
  try {
    report.submits = (await own?.host.submits()) ?? [];
  } catch (error) {
    say(`no submits: ${error instanceof Error ? error.message : error}`);
  }
  for (const { end } of entrants) await end();
  await where.close();
  return report;
}

/** @param {Report} report */
function show(report) {
  const text = markdown(report);
  say(`\n${text}`);
  if (!values.docs) return;
  const document = "docs/performance.md";
  const section = report.environment.startsWith("Node") ? "node" : "chromium";
  writeFileSync(document, withSection(existsSync(document) ? readFileSync(document, "utf8") : "", section, text));
}

let unequal = false;
if (values.from) show(joinReports(values.from.split(",").map((file) => JSON.parse(readFileSync(file, "utf8")))));
for (const place of values.from ? [] : listOf(values.in, ["chromium", "node"], "in")) {
  mkdirSync("bench-results", { recursive: true });
  const path = `bench-results/${place}-${new Date().toISOString().replaceAll(":", "-").slice(0, 19)}.json`;
  const save = (/** @type {Report} */ report) => writeFileSync(path, `${JSON.stringify(report, null, 1)}\n`);
  const report = await run(place, save);
  save(report);
  unequal ||= report.groups.some(({ rows }) => rows.some(isUnequal));
  show(report);
  say(path);
}
process.exit(unequal ? 1 : 0); // Servers and workers of libraries may keep the process alive.
