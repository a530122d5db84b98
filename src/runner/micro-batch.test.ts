/** Sizes of micro-batches, and the largest that fits. */
import { expect, test } from "vitest";
import { largestFitting, microBatchSizes } from "./micro-batch";

test("a batch is split evenly into one, two, three … micro-batches", () => {
  expect(microBatchSizes(16)).toEqual([16, 8, 6, 4, 3, 2, 1]);
  expect(microBatchSizes(13)).toEqual([13, 7, 5, 4, 3, 2, 1]);
  expect(microBatchSizes(1)).toEqual([1]);
  for (let batch = 1; batch < 70; batch++)
    for (const size of microBatchSizes(batch)) {
      const count = Math.ceil(batch / size);
      expect(Math.ceil(batch / (size - 1))).toBeGreaterThan(count);
    }
});

test("the largest that fits is found, wherever the bound lies, in few questions", () => {
  const sizes = microBatchSizes(64);
  for (let bound = 0; bound <= 65; bound++) {
    const asked: number[] = [];
    const found = largestFitting(sizes, (size) => asked.push(size) > 0 && size <= bound);
    expect(found).toBe(sizes.find((size) => size <= bound) ?? null);
    expect(asked.length).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(sizes.length)));
  }
  expect(largestFitting([], () => true)).toBeNull();
});
