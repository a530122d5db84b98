/**
 * Times the search for the linear probe's penalty on random features; see tools/bench-probe.mjs. It
 * measures processor time, which other programs disturb less than wall time.
 */
import process from "node:process";
import { createPrng } from "../../src/base";
import { createLogisticSolver, SEARCH_TOLERANCE } from "../../src/engine/heads/logistic";
import { type Matrix, matrix, rowOf } from "../../src/engine/heads/matrix";
import { searchedC } from "../../src/runner/penalty-search";

export interface ProbeTiming {
  classes: number;
  /** Time of the set-up that all penalties share, ms. */
  setupMs: number;
  /** Time of the fits of a search, ms, and the iterations of each fit. */
  searchMs: number;
  iterations: number[];
  /** Time of the fit with C 1 to full precision without a warm start, ms. */
  fitMs: number;
}

/**
 * Draws standardised features [n, d]. Like a backbone's, they vary less and less along their
 * directions; the class means differ by a fifth of that.
 */
function drawnFeatures(labels: readonly number[], d: number, seed: number): Matrix {
  const prng = createPrng(seed, "bench/probe");
  const normals = () => Float64Array.from({ length: d }, () => prng.normal());
  const directions = Array.from({ length: d }, (_, k) => normals().map((v) => v / (1 + k) ** 0.8));
  const means = Array.from({ length: Math.max(...labels) + 1 }, normals);
  const x = matrix(labels.length, d);
  labels.forEach((label, i) => {
    const row = rowOf(x, i);
    directions.forEach((direction, k) => {
      const along = prng.normal() + 0.2 * means[label][k];
      for (let j = 0; j < d; j++) row[j] += along * direction[j];
    });
  });
  for (let j = 0; j < d; j++) {
    const column = labels.map((_, i) => x.data[i * d + j]);
    const mean = column.reduce((sum, v) => sum + v, 0) / column.length;
    const std = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / column.length);
    column.forEach((v, i) => void (x.data[i * d + j] = (v - mean) / std));
  }
  return x;
}

/** User time of this process, ms. */
const now = () => process.cpuUsage().user / 1000;

export function timeProbe(n: number, d: number, classes: number, seed: number): ProbeTiming {
  const labels = Array.from({ length: n }, (_, i) => i % classes);
  const features = drawnFeatures(labels, d, seed);
  const began = now();
  const solver = createLogisticSolver({ features, labels, weights: labels.map(() => 1), classes });
  const ready = now();
  const path = solver.path(SEARCH_TOLERANCE);
  const iterations = searchedC.map((C) => path.fit(C).iterations);
  const searched = now();
  solver.path().fit(1);
  const setupMs = ready - began;
  return { classes, setupMs, searchMs: searched - ready, iterations, fitMs: now() - searched };
}
