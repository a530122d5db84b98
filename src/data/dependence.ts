/**
 * Finds whether one column of a table determines another, as the patient determines the sex. Ages
 * and dates repeat over rows as patients do, but they determine nothing.
 */

/** A column counts as determined where this share of the pairs of rows within a group agree. */
const AGREEMENT = 0.98;
/** The largest probability of an agreement by chance that still counts as evidence. */
const MAX_CHANCE = 1e-5;

/**
 * @param keys the group of each row; "" for none
 * @param others the values of each other column, by row; "" for missing
 */
export function determinesAnother(keys: readonly string[], others: readonly (readonly string[])[]): boolean {
  const all = keys.map(() => "all");
  return others.some((values) => {
    const within = agreementWithin(keys, values);
    if (within.agreement < AGREEMENT) return false;
    // If each row of a group agreed by chance with the first one: a nearly constant column does.
    return agreementWithin(all, values).agreement ** within.followers <= MAX_CHANCE;
  });
}

interface Agreement {
  /** The share of the pairs of rows of one group that have equal values; 0 without any pair. */
  agreement: number;
  /** Rows after the first one of their group. */
  followers: number;
}

function agreementWithin(keys: readonly string[], values: readonly string[]): Agreement {
  const groups = new Map<string, number>();
  const cells = new Map<string, number>();
  for (const [row, key] of keys.entries()) {
    if (key === "" || values[row] === "") continue;
    groups.set(key, (groups.get(key) ?? 0) + 1);
    const cell = `${key}\n${values[row]}`;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const sum = (counts: Iterable<number>, term: (n: number) => number) =>
    [...counts].reduce((total, n) => total + term(n), 0);
  const pairs = (counts: Iterable<number>) => sum(counts, (n) => (n * (n - 1)) / 2);
  const all = pairs(groups.values());
  return {
    agreement: all === 0 ? 0 : pairs(cells.values()) / all,
    followers: sum(groups.values(), (n) => n - 1),
  };
}
