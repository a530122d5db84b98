/**
 * Inner folds hold out every image once and keep patients whole, and no training part lacks a
 * class.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { innerFolds } from "./inner-folds";

const image = (index: number, patient: string, label: number) => ({ name: `i${index}`, patient, label });

test("every image is held out once, patients stay whole, and no training part lacks a class", () => {
  const drawn = fc.array(
    fc.record({ patient: fc.integer({ min: 0, max: 12 }), label: fc.integer({ min: 0, max: 2 }) }),
    {
      minLength: 4,
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(drawn, fc.integer(), (list, seed) => {
      const images = list.map(({ patient, label }, i) => image(i, `p${patient}`, label));
      const folds = innerFolds(images, seed);
      const held = folds.flatMap((fold) => fold.held.map(({ name }) => name));
      if (folds.length > 0) expect(held.sort()).toEqual(images.map(({ name }) => name).sort());
      const classes = new Set(images.map(({ label }) => label)).size;
      for (const fold of folds) {
        expect(new Set(fold.train.map(({ label }) => label)).size).toBe(classes);
        const trained = new Set(fold.train.map(({ patient }) => patient));
        expect(fold.held.some(({ patient }) => trained.has(patient))).toBe(false);
      }
    }),
  );
});

test.each([
  [1, 0],
  [2, 2],
  [4, 4],
  [9, 5],
])("a rarest class of %i patients gives %i folds", (rare, count) => {
  const images = Array.from({ length: 12 + rare }, (_, i) => image(i, `p${i}`, i < 12 ? 0 : 1));
  const folds = innerFolds(images, 3);
  expect(folds).toHaveLength(count);
  for (const { held } of folds) expect(new Set(held.map(({ label }) => label)).size).toBe(2);
  expect(innerFolds([...images].reverse(), 3)).toEqual(folds);
});

test("the rarest class decides among three, and a class without images does not count", () => {
  const ofClasses = (counts: number[]) =>
    counts.flatMap((n, label) => Array.from({ length: n }, () => label)).map((label, i) => image(i, `p${i}`, label));
  expect(innerFolds(ofClasses([12, 9, 3]), 0)).toHaveLength(3);
  expect(innerFolds(ofClasses([12, 0, 4]), 0)).toHaveLength(4);
});

test("no images give no folds", () => expect(innerFolds([], 0)).toEqual([]));

test("there are no folds where every way to deal the patients leaves a training part without a class", () => {
  // Three patients have two of three classes each. Of two folds, one holds two of the patients. The
  // class that these two share is then in no other fold.
  const pairs = [
    [0, 1],
    [1, 2],
    [2, 0],
  ];
  const images = pairs.flatMap((labels, p) => labels.map((label, i) => image(2 * p + i, `p${p}`, label)));
  for (let seed = 0; seed < 5; seed++) expect(innerFolds(images, seed)).toEqual([]);
});
