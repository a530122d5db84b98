/**
 * The parts of a split are disjoint and complete, and k-shot draws are nested and spread over
 * patients.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SplitImage } from "./folds";
import type { RunSplit } from "./protocols";
import { type Split, type SplitOptions, splitRun, trySplits } from "./split";
import { arbitraryImages } from "./testing";

const foldOf = (fold: number, folds = 5, splitSeed = 42): RunSplit => ({
  protocol: "stratified-group-k-fold",
  folds,
  splitSeed,
  part: String(fold),
});
const base: SplitOptions = { split: foldOf(0), regime: "full", seed: 0 };
const parts = (split: Split) => [split.train, split.val, split.test];
const lookUp = (images: SplitImage[]) => new Map(images.map((image) => [image.name, image]));

describe("splitRun", () => {
  it("is disjoint and complete, splits no patient, and has every class in every part", () => {
    fc.assert(
      fc.property(arbitraryImages(6), fc.integer({ min: 2, max: 5 }), fc.integer(), (images, folds, splitSeed) => {
        const of = lookUp(images);
        const tested: string[] = [];
        for (let fold = 0; fold < folds; fold++) {
          const split = splitRun({ images }, { ...base, split: foldOf(fold, folds, splitSeed) });
          expect(parts(split).flat().sort()).toEqual([...of.keys()].sort());
          const patients = parts(split).map((part) => new Set(part.map((name) => of.get(name)!.patient)));
          const all = patients.flatMap((set) => [...set]);
          expect(new Set(all).size).toBe(all.length);
          const classes = new Set(images.map((image) => image.label)).size;
          for (const part of folds > 2 ? parts(split) : [split.test])
            expect(new Set(part.map((name) => of.get(name)!.label)).size).toBe(classes);
          tested.push(...split.test);
        }
        expect(tested.sort()).toEqual([...of.keys()].sort());
      }),
      { numRuns: 40 },
    );
  });

  it("depends on the seeds alone, not on the order of the images", () => {
    fc.assert(
      fc.property(
        arbitraryImages(6),
        fc.integer(),
        fc.constantFrom<SplitOptions["regime"]>("full", { shots: 2 }),
        (images, seed, regime) => {
          const split = splitRun({ images }, { ...base, seed, regime });
          expect(splitRun({ images: [...images].reverse() }, { ...base, seed, regime })).toEqual(split);
          if (regime === "full") expect(splitRun({ images }, { ...base, seed: seed + 1 })).toEqual(split);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("draws k per class inside the full parts, never a larger validation set, the whole test fold", () => {
    fc.assert(
      fc.property(arbitraryImages(8), fc.integer(), fc.integer({ min: 1, max: 4 }), (images, seed, shots) => {
        const of = lookUp(images);
        const full = splitRun({ images }, base);
        const few = splitRun({ images }, { ...base, seed, regime: { shots } });
        const count = (part: string[], c: number) => part.filter((name) => of.get(name)!.label === c).length;
        for (let c = 0; c < new Set(images.map((image) => image.label)).size; c++) {
          expect(count(few.train, c)).toBe(shots);
          expect(count(few.val, c)).toBe(Math.min(shots, count(full.val, c)));
        }
        expect(new Set(full.train)).toEqual(new Set([...full.train, ...few.train]));
        expect(new Set(full.val)).toEqual(new Set([...full.val, ...few.val]));
        expect(few.test).toEqual(full.test);
        const more = splitRun({ images }, { ...base, seed, regime: { shots: shots + 1 } });
        expect(new Set(more.train)).toEqual(new Set([...more.train, ...few.train]));
      }),
      { numRuns: 40 },
    );
  });

  it("draws distinct patients before a second image of one", () => {
    const images = [0, 1].flatMap((label) =>
      Array.from({ length: 15 }, (_, p) => p).flatMap((p) =>
        [0, 1, 2].map((i) => ({ name: `${label}/${p}/${i}`, patient: `${label}/${p}`, label })),
      ),
    );
    for (const [shots, distinct] of [
      [4, 8],
      [9, 18],
      [12, 18],
    ]) {
      const { train } = splitRun({ images }, { ...base, regime: { shots }, seed: 3 });
      expect(train.length).toBe(2 * shots);
      expect(new Set(train.map((name) => name.slice(0, name.lastIndexOf("/")))).size).toBe(distinct);
    }
    const draw = (seed: number) => splitRun({ images }, { ...base, regime: { shots: 4 }, seed }).train;
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("says which class lacks shots, and trySplits says so beforehand", () => {
    const images = [0, 1].flatMap((label) =>
      Array.from({ length: label ? 10 : 50 }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
    );
    const classes = ["alive", "dead"];
    const run = () => splitRun({ images, classes }, { ...base, regime: { shots: 8 } });
    expect(run).toThrow(/"dead" has too few training images for 8 shots[\s\S]*Got: 6[\s\S]*at most 6 shots/);
    const { splitSeed, part, ...split } = foldOf(0);
    const plan = { split, splitSeed, regimes: ["full" as const, { shots: 8 }] };
    expect(trySplits({ images, classes }, plan)?.code).toBe("shots.too-few");
    expect(trySplits({ images, classes }, { ...plan, regimes: ["full", { shots: 6 }] })).toBeNull();
    const two = { ...plan, split: { ...split, folds: 2 } };
    expect(trySplits({ images: images.slice(0, 52), classes }, two)?.code).toBe("folds.no-validation");
  });

  it("names a class by its index where classes have no names, and passes other errors on", () => {
    const images = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1].map((label, i) => ({ name: `i${i}`, patient: `p${i}`, label }));
    expect(() => splitRun({ images }, { ...base, regime: { shots: 4 } })).toThrow(/Class "0" has too few/);
    const broken = Object.defineProperty({ name: "i0", patient: "p0", label: 0 }, "label", {
      get: () => {
        throw new TypeError("broken label");
      },
    });
    const { splitSeed, part, ...split } = foldOf(0);
    expect(() => trySplits({ images: [broken] }, { split, splitSeed, regimes: ["full"] })).toThrow("broken label");
  });

  it("refuses a part that is no fold", () => {
    const images = [0, 1].flatMap((label) =>
      Array.from({ length: 5 }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
    );
    for (const part of ["-1", "5", "1.5", "a"])
      expect(() => splitRun({ images }, { ...base, split: { ...foldOf(0), part } })).toThrow("outside 0…4");
  });

  it("divides the rest of two folds with two patients of the rarest class, and refuses one", () => {
    const ofRarest = (rarest: number) =>
      [10, rarest].flatMap((n, label) =>
        Array.from({ length: n }, (_, i) => ({ name: `${label}-${i}`, patient: `${label}-${i}`, label })),
      );
    const run = (rarest: number, fold = 0) =>
      splitRun({ images: ofRarest(rarest) }, { ...base, split: foldOf(fold, 2) });
    // A fold has 5 and 2 patients, so the class allows two parts of the rest at most.
    const { train, val, test } = run(4);
    expect([train, val, test].map((part) => part.filter((name) => name.startsWith("1")).length)).toEqual([1, 1, 2]);
    expect(train.length + val.length).toBe(7);
    expect(() => run(2, 1)).toThrow(/test fold 2 of 2/);
  });
});
