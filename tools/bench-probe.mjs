// @ts-check
/**
 * `npm run bench:probe` measures the processor time that the linear probe takes to try its
 * penalties, for 2, 3 and 4 classes. Options, each with its default:
 *
 *   --images 500
 *   --features 384
 *   --sets 5         sets per number of classes; each takes 17 fits and the final one
 */
import { cpus, loadavg } from "node:os";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "500" },
    features: { type: "string", default: "384" },
    sets: { type: "string", default: "5" },
  },
});
const [images, features, sets] = [values.images, values.features, values.sets].map(Number);
if (!(images >= 8 && features >= 1 && sets >= 1)) throw new Error("--images from 8, --features and --sets from 1");

// The probe is built like the app. A module runner would add its own indirections to the times.
const outDir = ".cache/bench-probe";
const entry = { ssr: "tools/bench/probe.ts", outDir, rolldownOptions: { output: { entryFileNames: "probe.js" } } };
await build({ configFile: false, publicDir: false, logLevel: "warn", ssr: { noExternal: true }, build: entry });
/** @type {typeof import("./bench/probe")} */
const { timeProbe } = await import(pathToFileURL(`${outDir}/probe.js`).href);

const machine = `${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)}`;
console.log(`${machine}; ${images} images × ${features} features; ms of the processor`);
timeProbe(images, features, 2, 0); // Lets the engine compile what it will time.
for (const classes of [2, 3, 4]) {
  const rows = Array.from({ length: sets }, (_, seed) => timeProbe(images, features, classes, seed));
  /** @param {(row: typeof rows[number]) => number} of */
  const mean = (of) => rows.reduce((sum, row) => sum + of(row), 0) / sets;
  const fits = rows[0].iterations.length;
  const search = mean((row) => row.setupMs + row.searchMs);
  const [setup, fitting, final] = [
    mean((row) => row.setupMs),
    mean((row) => row.searchMs),
    mean((row) => row.fitMs),
  ].map((ms) => ms.toFixed(0));
  console.log(
    `${classes} classes: set-up ${setup}, ${fits} fits ${fitting},`,
    `final fit ${final}; 1000 fits of a search ${(search / fits).toFixed(1)} s;`,
    `iterations ${rows[0].iterations.join(" ")}`,
  );
}
