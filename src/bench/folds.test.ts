/**
 * Folds keep patients whole and classes even, depend on the seed alone, and refuse too few
 * patients.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RadaptError } from "../base";
import { assignFolds, type SplitImage } from "./folds";
import { arbitraryImages } from "./testing";

const perFold = (images: SplitImage[], folds: number, splitSeed = 0) => {
  const of = assignFolds(images, { folds, splitSeed });
  const classes = Math.max(...images.map((image) => image.label)) + 1;
  const table = Array.from({ length: folds }, () => new Array<number>(classes).fill(0));
  for (const image of images) table[of.get(image.patient)!][image.label]++;
  return table;
};

const singles = (counts: number[]): SplitImage[] =>
  counts.flatMap((n, label) =>
    Array.from({ length: n }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
  );

describe("assignFolds", () => {
  it("gives every patient one fold and every fold every class, whatever the order of the images", () => {
    fc.assert(
      fc.property(arbitraryImages(5), fc.integer(), fc.integer({ min: 2, max: 5 }), (images, splitSeed, folds) => {
        const of = assignFolds(images, { folds, splitSeed });
        expect(new Set(of.keys())).toEqual(new Set(images.map((image) => image.patient)));
        for (const row of perFold(images, folds, splitSeed)) expect(Math.min(...row)).toBeGreaterThan(0);
        expect(assignFolds([...images].reverse(), { folds, splitSeed })).toEqual(of);
      }),
      { numRuns: 60 },
    );
  });

  it("is even to one image per class when each patient has one image", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 5, max: 60 }), { minLength: 2, maxLength: 4 }),
        fc.integer(),
        (n, seed) => {
          const table = perFold(singles(n), 5, seed);
          n.forEach((_, c) => {
            const column = table.map((row) => row[c]);
            expect(Math.max(...column) - Math.min(...column)).toBeLessThanOrEqual(1);
          });
          const sizes = table.map((row) => row.reduce((a, b) => a + b));
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps classes within the largest patient's images", () => {
    fc.assert(
      fc.property(arbitraryImages(12), fc.integer(), (images, seed) => {
        const table = perFold(images, 4, seed);
        for (let c = 0; c < table[0].length; c++) {
          const column = table.map((row) => row[c]);
          expect(Math.max(...column) - Math.min(...column)).toBeLessThanOrEqual(6);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("deals differently for another seed", () => {
    const images = singles([40, 40]);
    const one = assignFolds(images, { folds: 5, splitSeed: 1 });
    expect(assignFolds(images, { folds: 5, splitSeed: 2 })).not.toEqual(one);
  });

  it("says which class has too few patients, and for how many folds it would do", () => {
    const images = [...singles([9, 0]), { name: "a", patient: "A", label: 1 }, { name: "b", patient: "A", label: 1 }];
    images.push({ name: "c", patient: "C", label: 1 }, { name: "d", patient: "D", label: 1 });
    const run = () => assignFolds(images, { folds: 5, splitSeed: 0, classes: ["discharged", "ICU"] });
    expect(run).toThrow(RadaptError);
    expect(run).toThrow(/"ICU" has too few patients for 5 folds[\s\S]*Got: 3[\s\S]*at most 3 folds/);
  });

  it("refuses a single class and a class without images", () => {
    expect(() => assignFolds(singles([20]), { folds: 5, splitSeed: 0 })).toThrow(/single class/);
    expect(() => assignFolds(singles([20]), { folds: 5, splitSeed: 0, classes: ["a", "b"] })).toThrow(
      /"b" has too few/,
    );
  });

  it("stratifies 20,000 patients", () => {
    expect(perFold(singles([15_000, 5_000]), 5)).toEqual(new Array(5).fill([3_000, 1_000]));
  });
});
