/**
 * Splits stay as they were before split protocols: the golden values were made at commit caed3c5.
 */
import { expect, test } from "vitest";
import { innerFolds } from "./inner-folds";
import { splitOfFlat } from "./migrate-record";
import golden from "./protocols/fixtures/splits.json";
import type { Regime } from "./regime";
import { splitRun } from "./split";

const { images, classes } = golden;

test.each(golden.splits)("folds $folds, fold $fold, split seed $splitSeed, $regime, seed $seed", (stored) => {
  const { folds, fold, splitSeed, seed, train, val, test } = stored;
  const regime = stored.regime as Regime;
  const split = splitRun({ images, classes }, { split: splitOfFlat({ folds, fold, splitSeed }), regime, seed });
  expect([split.train.join(" "), split.val.join(" "), split.test.join(" ")]).toEqual([train, val, test]);
});

test.each(golden.innerFolds)("inner folds of seed $seed", ({ seed, held }) => {
  expect(innerFolds(images, seed).map((fold) => fold.held.map(({ name }) => name).join(" "))).toEqual(held);
});
