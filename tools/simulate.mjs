// @ts-check
/**
 * `npm run simulate` draws studies of patients with a known truth, sends them through Radapt's own
 * split, probe, aggregate and comparison, and counts how often the shown intervals hold the truth
 * and how often equal methods are told apart. Options, each with its default:
 *
 *   --studies 300          studies per row; 1,000 give a standard error of 0.7 % at 95 %
 *   --metrics matthews_corrcoef,roc_auc,average_precision,balanced_accuracy
 *   --only ""              rows whose name contains this text
 *   --share 1/1            k/n computes every n-th row from the k-th on, for several at once
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";

const usualMetrics = "matthews_corrcoef,roc_auc,average_precision,balanced_accuracy";
const { values } = parseArgs({
  options: {
    studies: { type: "string", default: "300" },
    metrics: { type: "string", default: usualMetrics },
    only: { type: "string", default: "" },
    share: { type: "string", default: "1/1" },
  },
});
const studies = Number(values.studies);
const [share, shares] = values.share.split("/").map(Number);
if (!(studies >= 10 && share >= 1 && shares >= share)) throw new Error("--studies from 10, --share such as 1/2");
const ids = values.metrics.split(",");

const outDir = `.cache/simulate-${share}`;
const entry = {
  ssr: "src/bench/simulation/cells.ts",
  outDir,
  rolldownOptions: { output: { entryFileNames: "cells.js" } },
};
await build({ configFile: false, publicDir: false, logLevel: "warn", ssr: { noExternal: true }, build: entry });
/** @type {typeof import("../src/bench/simulation/cells")} */
const { cells, simulateCell } = await import(pathToFileURL(`${outDir}/cells.js`).href);

/** @param {number} part @param {number} whole */
const percent = (part, whole) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`);

console.log("| study | metric | truth | mean error | shown | coverage | half-width | false claims |");
console.log("|---|---|---|---|---|---|---|---|");
const wanted = cells.filter(({ name }) => name.includes(values.only)).filter((_, i) => i % shares === share - 1);
for (const cell of wanted) {
  for (const row of simulateCell(cell, ids, studies)) {
    const { metric, truth, bias, shown, covered, halfWidth, falseClaims } = row;
    const figures = [truth.toFixed(3), bias.toFixed(3), percent(shown, studies), percent(covered, shown)];
    const width = Number.isFinite(halfWidth) ? halfWidth.toFixed(2) : "–";
    console.log(`| ${[cell.name, metric, ...figures, width, percent(falseClaims, studies)].join(" | ")} |`);
  }
}
