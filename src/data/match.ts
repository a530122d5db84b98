/**
 * Finds the file that a value of a table names: by path, else by base name, else by base name
 * without the extension. Case does not matter. If several files have the name, the one that shares
 * the most folders with the value is the match.
 */
import { formats } from "./formats";
import { baseName, normalPath } from "./paths";

export type Match =
  /** `exact`: the value names the file by path or base name, with the extension. */
  { kind: "match"; path: string; exact: boolean } | { kind: "ambiguous"; paths: string[] } | { kind: "none" };

export interface Matcher {
  find(value: string): Match;
}

export function createMatcher(paths: readonly string[]): Matcher {
  const byPath = new Map<string, string[]>();
  const byName = new Map<string, string[]>();
  const byStem = new Map<string, string[]>();
  const add = (index: Map<string, string[]>, key: string, path: string) => {
    const known = index.get(key);
    if (known) known.push(path);
    else index.set(key, [path]);
  };
  for (const path of new Set(paths)) {
    const low = normalPath(path).toLowerCase();
    add(byPath, low, path);
    add(byName, baseName(low), path);
    add(byStem, formats.stemOf(baseName(low)), path);
  }
  return {
    find: (value) => {
      const wanted = normalPath(value);
      const low = wanted.toLowerCase();
      const name = baseName(low);
      if (name === "") return { kind: "none" };
      for (const [found, exact] of [
        [byPath.get(low), true],
        [byName.get(name), true],
        [byStem.get(formats.stemOf(name)), false],
      ] as const) {
        if (!found) continue;
        const [best, ...others] = closest(found, wanted);
        if (others.length > 0) return { kind: "ambiguous", paths: [best, ...others] };
        return { kind: "match", path: best, exact };
      }
      return { kind: "none" };
    },
  };
}

/**
 * The paths that share the most folders with the wanted one. Among these, the path that is equal
 * letter for letter comes first, and then paths whose base name is.
 */
function closest(paths: readonly string[], wanted: string): string[] {
  if (paths.length === 1) return [...paths];
  const shared = paths.map((path) => sharedFolders(normalPath(path).toLowerCase(), wanted.toLowerCase()));
  const most = Math.max(...shared);
  const near = paths.filter((_, i) => shared[i] === most);
  const exact = near.filter((path) => normalPath(path) === wanted);
  if (exact.length > 0) return exact;
  const sameName = near.filter((path) => baseName(normalPath(path)) === baseName(wanted));
  return sameName.length > 0 ? sameName : near;
}

/** The number of equal folders above the file, counted from the file upwards. */
function sharedFolders(a: string, b: string): number {
  const [x, y] = [a, b].map((path) => path.split("/").slice(0, -1).reverse());
  let count = 0;
  while (count < x.length && count < y.length && x[count] === y[count]) count++;
  return count;
}
