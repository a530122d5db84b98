/** The hold-out keeps patients whole and classes even, and depends on the seed alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SplitImage } from "../folds";
import { arbitraryImages } from "../testing";
import { divide, type RunSplit } from "./index";

const splitOf = (change: Record<string, number> = {}): RunSplit => ({
  protocol: "hold-out",
  testShare: 0.2,
  validationShare: 0.2,
  splitSeed: 42,
  part: "test",
  ...change,
});

/** One image per patient: `counts[c]` of class c. */
const singles = (counts: readonly number[]): SplitImage[] =>
  counts.flatMap((n, label) =>
    Array.from({ length: n }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
  );

const namesOf = (images: readonly SplitImage[]) => images.map(({ name }) => name).join(" ");

describe("hold-out", () => {
  it("gives each part its share of each class where every patient has one image", () => {
    const counts = (images: readonly SplitImage[]) => [0, 1].map((c) => images.filter((i) => i.label === c).length);
    const { train, validation, test } = divide({ images: singles([100, 20]) }, splitOf());
    expect([train, validation, test].map(counts)).toEqual([
      [60, 12],
      [20, 4],
      [20, 4],
    ]);
    const uneven = divide({ images: singles([100, 20]) }, splitOf({ testShare: 0.25, validationShare: 0.1 }));
    expect([uneven.train, uneven.validation, uneven.test].map(counts)).toEqual([
      [65, 13],
      [10, 2],
      [25, 5],
    ]);
  });

  it("is disjoint and complete, splits no patient, and has every class in every part", () => {
    fc.assert(
      fc.property(arbitraryImages(4), fc.integer(), (images, splitSeed) => {
        const parts = Object.values(divide({ images }, splitOf({ splitSeed }))) as SplitImage[][];
        expect(namesOf(parts.flat().sort((a, b) => (a.name < b.name ? -1 : 1)))).toBe(
          namesOf([...images].sort((a, b) => (a.name < b.name ? -1 : 1))),
        );
        const patients = parts.flatMap((part) => [...new Set(part.map(({ patient }) => patient))]);
        expect(new Set(patients).size).toBe(patients.length);
        const classes = new Set(images.map(({ label }) => label)).size;
        for (const part of parts) expect(new Set(part.map(({ label }) => label)).size).toBe(classes);
        expect(divide({ images: [...images].reverse() }, splitOf({ splitSeed }))).toEqual(
          divide({ images }, splitOf({ splitSeed })),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("stays as it was first written, and another seed tests other images", () => {
    const images = singles([8, 6]);
    const { train, validation, test } = divide({ images }, splitOf());
    expect([train, validation, test].map(namesOf)).toMatchInlineSnapshot(`
      [
        "0-0 0-1 0-2 0-5 1-0 1-2 1-3 1-5",
        "0-6 0-7 1-4",
        "0-3 0-4 1-1",
      ]
    `);
    expect(divide({ images }, splitOf({ splitSeed: 43 })).test).not.toEqual(test);
  });

  it("needs no validation images, and names a class with too few patients", () => {
    const two = singles([10, 2]);
    expect(divide({ images: two }, splitOf({ validationShare: 0 })).validation).toEqual([]);
    expect(() => divide({ images: two, classes: ["alive", "dead"] }, splitOf())).toThrow(
      /"dead" has too few patients[\s\S]*at least 3 patients[\s\S]*Got: 2[\s\S]*validation to 0/,
    );
  });
});
