/**
 * A small version of `npm run simulate`: on patients with a known truth, intervals hold the truth
 * and equal methods are not told apart. Seeds are fixed, so the counts never change. The figures of
 * many studies are in docs/statistics.md.
 */
import { expect, test } from "vitest";
import { aggregate } from "../aggregate";
import { cells, simulateCell } from "./cells";
import { simulateCoverage } from "./coverage";
import { simulatePatients, usualWorld } from "./patients";
import { simulateStudy } from "./study";

const world = { ...usualWorld, patients: 60, images: 60, prevalence: 0.3 };
const design = { folds: 5, repeats: 1, seeds: 1, regime: "full" as const };
const metrics = ["matthews_corrcoef", "roc_auc", "average_precision"];

test("simulated patients have the stated outcome and images, and a seed of their own", () => {
  const images = simulatePatients({ ...world, patients: 75, images: 248 }, 3);
  expect(images).toHaveLength(248);
  const ill = new Set(images.filter(({ label }) => label === 1).map(({ patient }) => patient));
  expect(ill.size).toBe(Math.round(0.3 * 75));
  expect(simulatePatients(world, 1)).toEqual(simulatePatients(world, 1));
  expect(simulatePatients(world, 1)).not.toEqual(simulatePatients(world, 2));
});

test("a class-weighted study becomes records that the table counts by part", () => {
  const [row] = aggregate(simulateStudy(world, { ...design, repeats: 2, seeds: 3 }, 0));
  expect([row.n, row.parts, row.repeats]).toEqual([30, 10, 2]);
});

test("intervals hold the truth, and equal methods are rarely told apart", () => {
  const rows = simulateCoverage(world, design, metrics, { studies: 60, samples: 60 });
  for (const { shown, covered, falseClaims } of rows) {
    expect(shown).toBe(60);
    // At 95 % the chance of 52 or fewer of 60 is 1 in 200; at 5 % that of 8 or more is 1 in 100.
    expect(covered).toBeGreaterThan(52);
    expect(falseClaims).toBeLessThan(8);
  }
}, 60_000);

test("more seeds of the same parts make no interval narrower than the training's luck allows", () => {
  const width = (seeds: number) =>
    simulateCoverage(world, { ...design, seeds }, metrics, { studies: 20, samples: 5 }).map((row) => row.halfWidth);
  const [one, five] = [width(1), width(5)];
  one.forEach((half, i) => void expect(five[i]).toBeGreaterThan(0.75 * half));
}, 60_000);

test("a fold that lacks an outcome is no study, and every other one has a name of its own", () => {
  expect(new Set(cells.map(({ name }) => name)).size).toBe(cells.length);
  for (const { world: sample, design: plan } of cells)
    expect(sample.patients * sample.prevalence).toBeGreaterThan(plan.folds - 1);
  expect(simulateCell(cells[0], ["brier"], 2)).toHaveLength(1);
}, 60_000);
