/** How many images of a batch pass at a time, where the whole batch would take too much memory. */

/** Sizes of a pass, largest first: for one pass, for two, for three … the least that covers the batch. */
export function passSizes(batch: number): number[] {
  return [...new Set(Array.from({ length: batch }, (_, k) => Math.ceil(batch / (k + 1))))];
}

/** The largest size that fits, by bisection: what fits, fits in smaller passes too. Null where none does. */
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
