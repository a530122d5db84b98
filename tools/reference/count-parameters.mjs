// @ts-check
/**
 * Prints parameter counts in the graphs of full_size.py, expected and counted. Usage: `node
 * tools/reference/count-parameters.mjs DIR`.
 */
import process from "node:process";
import { runnerImport } from "vite";

const [folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write("usage: node tools/reference/count-parameters.mjs DIR (written by full_size.py)\n");
  process.exit(2);
}
/** @typedef {typeof import("./count-parameters")} Counting */
const { module } = await runnerImport(new URL("./count-parameters.ts", import.meta.url).pathname, {
  configFile: false,
});
/** @type {Counting} */ (module).countParameters(folder);
