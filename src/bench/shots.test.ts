/** Few-shot draws: their class counts, nesting, patients, validation images and refusals. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { SplitImage } from "./folds";
import type { RunSplit } from "./protocols";
import { type Regime, regimeLabel, regimeSchema, type ShotRegime, shotScenarios, shotValidations } from "./regime";
import { naturalCounts } from "./shots";
import { splitRun } from "./split";
import { arbitraryImages } from "./testing";

const split: RunSplit = { protocol: "stratified-group-k-fold", folds: 3, splitSeed: 42, part: "0" };
const scenarios = Object.keys(shotScenarios) as NonNullable<ShotRegime["scenario"]>[];
const validations = Object.keys(shotValidations) as NonNullable<ShotRegime["validation"]>[];

const withCentres = (images: readonly SplitImage[]) =>
  images.map((image) => ({ ...image, centre: `C${Number(image.patient.slice(1)) % 2}` }));
const run = (images: readonly SplitImage[], regime: Regime, seed = 0) => {
  const byName = new Map(images.map((image) => [image.name, image]));
  const { train, val, test: tested } = splitRun({ images }, { split, regime, seed });
  const of = (names: readonly string[]) => names.map((name) => byName.get(name)!);
  return { train: of(train), val: of(val), test: of(tested) };
};
const countsOf = (images: readonly SplitImage[], classes: number) =>
  Array.from({ length: classes }, (_, c) => images.filter(({ label }) => label === c).length);
const patientsOf = (images: readonly SplitImage[]) => new Set(images.map(({ patient }) => patient));

describe("a few-shot draw", () => {
  it("has the counts of its scenario, lies in the training part, and depends on the seed alone", () => {
    fc.assert(
      fc.property(arbitraryImages(9), fc.integer(), fc.integer({ min: 1, max: 3 }), (plain, seed, shots) => {
        const images = withCentres(plain);
        const classes = new Set(images.map(({ label }) => label)).size;
        const full = run(images, "full");
        const available = countsOf(full.train, classes);
        for (const scenario of scenarios) {
          const { train, val, test: tested } = run(images, { shots, scenario }, seed);
          expect(tested).toEqual(full.test);
          expect(new Set([...full.train, ...train]).size).toBe(full.train.length);
          expect(new Set([...full.val, ...val]).size).toBe(full.val.length);
          expect(run([...images].reverse(), { shots, scenario }, seed).train).toEqual(train);
          const counts = countsOf(train, classes);
          if (scenario === "standard") expect(counts).toEqual(new Array(classes).fill(shots));
          if (scenario === "relaxed") expect(counts).toEqual(naturalCounts(available, shots * classes));
          if (scenario === "realistic") expect(train.length).toBe(shots * classes);
          if (scenario === "centre-wise")
            for (const centre of ["C0", "C1"]) {
              const own = (part: readonly SplitImage[]) => part.filter((image) => image.centre === centre);
              const most = countsOf(own(full.train), classes).map((count) => Math.min(count, shots));
              expect(countsOf(own(train), classes)).toEqual(most);
            }
          const more = run(images, { shots: shots + 1, scenario }, seed).train;
          expect(new Set([...more, ...train]).size, "nested").toBe(more.length);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("takes validation images from the validation part, from the drawn ones, or none", () => {
    fc.assert(
      fc.property(arbitraryImages(9), fc.integer({ min: 1, max: 4 }), (plain, shots) => {
        const images = withCentres(plain);
        const classes = new Set(images.map(({ label }) => label)).size;
        for (const scenario of scenarios) {
          const separate = run(images, { shots, scenario });
          expect(run(images, { shots, scenario, validation: "separate" })).toEqual(separate);
          expect(run(images, { shots, scenario, validation: "none" })).toEqual({ ...separate, val: [] });
          const { train, val } = run(images, { shots, scenario, validation: "from-shots" });
          const names = (list: readonly SplitImage[]) => list.map(({ name }) => name).sort();
          expect(names([...train, ...val])).toEqual(names(separate.train));
          expect([...patientsOf(train)].filter((patient) => patientsOf(val).has(patient))).toEqual([]);
          const [all, left] = [countsOf(separate.train, classes), countsOf(train, classes)];
          for (const [c, count] of all.entries()) if (count > 0) expect(left[c]).toBeGreaterThan(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("sets a quarter of the images of each class aside where every patient has one", () => {
    const images = [0, 1].flatMap((label) =>
      Array.from({ length: 30 }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
    );
    for (const [shots, aside] of [
      [1, 0],
      [2, 1],
      [4, 1],
      [8, 2],
    ]) {
      const { train, val } = run(images, { shots, validation: "from-shots" });
      expect([countsOf(train, 2), countsOf(val, 2)]).toEqual([
        [shots - aside, shots - aside],
        [aside, aside],
      ]);
    }
  });

  it("may lack a class where it is realistic, and never where it is relaxed", () => {
    const images = [50, 6].flatMap((n, label) =>
      Array.from({ length: n }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
    );
    const draws = (scenario: ShotRegime["scenario"]) =>
      Array.from({ length: 40 }, (_, seed) => countsOf(run(images, { shots: 2, scenario }, seed).train, 2)[1]);
    expect(Math.min(...draws("realistic"))).toBe(0);
    expect(Math.max(...draws("realistic"))).toBeGreaterThan(0);
    expect(new Set(draws("relaxed"))).toEqual(new Set([1]));
  });

  it("says what is missing", () => {
    const images = [50, 6].flatMap((n, label) =>
      Array.from({ length: n }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
    );
    expect(() => run(images, { shots: 4 })).toThrow(/Class "1" has too few training images for 4 shots/);
    expect(run(images, { shots: 4, scenario: "relaxed" }).train).toHaveLength(8);
    expect(() => run(images, { shots: 32, scenario: "realistic" })).toThrow(
      /too few training images for 32 shots[\s\S]*at least 64[\s\S]*at most \d shots/,
    );
    expect(() => run(images, { shots: 1, scenario: "centre-wise" })).toThrow(/no column of centres/);
  });
});

test("natural counts follow the ratio, keep every class, and lose none as they grow", () => {
  expect(naturalCounts([90, 10], 10)).toEqual([9, 1]);
  expect(naturalCounts([96, 4], 4)).toEqual([3, 1]);
  // Webster's method on the votes of a textbook example: 53, 24, 23 thousand for seven seats.
  expect(naturalCounts([53, 24, 23], 7)).toEqual([3, 2, 2]);
  expect(naturalCounts([3, 0, 1], 9)).toEqual([3, 0, 1]);
  for (let total = 3; total < 60; total++) {
    const [now, next] = [naturalCounts([40, 13, 7], total), naturalCounts([40, 13, 7], total + 1)];
    expect(next.every((count, c) => count >= now[c])).toBe(true);
  }
});

test("defaults are left out of a regime, so that ids of stored runs stay; the others are named", () => {
  const parse = (regime: object) => regimeSchema.parse(regime);
  expect(parse({ shots: 8, scenario: "standard", validation: "separate" })).toEqual({ shots: 8 });
  expect(parse({ shots: 8, scenario: "realistic", validation: "none" })).toEqual({
    shots: 8,
    scenario: "realistic",
    validation: "none",
  });
  const labels = validations.map((validation) =>
    regimeLabel(parse({ shots: 8, scenario: "relaxed", validation }) as Regime),
  );
  expect(labels).toEqual(["8-shot relaxed", "8-shot relaxed, validation among them", "8-shot relaxed, no validation"]);
  expect(["full" as const, { shots: 8 }].map(regimeLabel)).toEqual(["full", "8-shot"]);
});
