/** Splits a batch into micro-batches where the whole batch would take too much memory. */

/**
 * Sizes of micro-batches to try, largest first. For each number of micro-batches there is one size:
 * the smallest with which they hold the whole batch. A batch of 10 gives 10, 5, 4, 3, 2, 1.
 */
export function microBatchSizes(batch: number): number[] {
  return [...new Set(Array.from({ length: batch }, (_, k) => Math.ceil(batch / (k + 1))))];
}

/**
 * Finds the largest size that fits by bisection, since every smaller size fits too. Null where none
 * fits.
 */
export function largestFitting(sizes: readonly number[], fits: (size: number) => boolean): number | null {
  if (sizes.length === 0 || fits(sizes[0])) return sizes[0] ?? null;
  let [from, to] = [1, sizes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (fits(sizes[middle])) to = middle;
    else from = middle + 1;
  }
  return sizes[to] ?? null;
}
