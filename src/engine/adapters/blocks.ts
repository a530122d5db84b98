/**
 * The blocks of a backbone, found in the names of its weights: what repeats, whatever a framework
 * calls it.
 */

/** A weight as far as blocks go. */
export interface NamedShape {
  name?: string;
  shape: readonly number[];
}

/** A path part that counts: "11", "encoder_layer_11", "denselayer16". */
const isNumbered = (part: string) => /\d$/.test(part);
const stemOf = (part: string) => part.replace(/\d+$/, "#");

interface Instance {
  path: string;
  parent: string;
  /** Names below the path. */
  inside: Set<string>;
  matrices: number;
}

/** Numbered paths by pattern ("layers.#.blocks.#"), those with two matrices or more. */
function instancesByPattern(weights: readonly NamedShape[]): Map<string, Instance[]> {
  const instances = new Map<string, Instance>();
  for (const { name = "", shape } of weights) {
    const parts = name.split(".");
    for (let end = 1; end < parts.length; end++) {
      if (!isNumbered(parts[end - 1])) continue;
      const path = parts.slice(0, end).join(".");
      const parent = [...parts.slice(0, end - 1), stemOf(parts[end - 1])].join(".");
      const known = instances.get(path) ?? { path, parent, inside: new Set<string>(), matrices: 0 };
      known.inside.add(parts.slice(end).join("."));
      if (shape.length > 1) known.matrices++;
      instances.set(path, known);
    }
  }
  const patterns = new Map<string, Instance[]>();
  for (const instance of instances.values()) {
    if (instance.matrices < 2) continue;
    const pattern = instance.path.split(".").map(stemOf).join(".");
    patterns.set(pattern, [...(patterns.get(pattern) ?? []), instance]);
  }
  return patterns;
}

/**
 * Two neighbours of which one holds all that the other holds (a stage's first block may have a
 * shortcut more).
 */
function repeats(instances: readonly Instance[]): boolean {
  const holds = (a: Instance, b: Instance) => [...b.inside].every((name) => a.inside.has(name));
  return instances.some((a, i) =>
    instances.slice(i + 1).some((b) => a.parent === b.parent && (holds(a, b) || holds(b, a))),
  );
}

const overlap = (a: Instance, b: Instance) =>
  `${a.path}.`.startsWith(`${b.path}.`) || `${b.path}.`.startsWith(`${a.path}.`);

/**
 * The block of each weight, by the deepest pattern of numbered paths that repeats side by side and
 * holds at least half of all matrices: neither a layer of an MLP in a list nor a whole stage of
 * blocks is one. What else repeats outside of these (a stem of convolutional blocks before a
 * transformer's) are blocks too. Other weights have none.
 */
export function blocksOf<T extends NamedShape>(weights: readonly T[]): Map<T, string> {
  const matrices = weights.filter((w) => w.shape.length > 1).length;
  const held = (list: readonly Instance[]) => list.reduce((sum, i) => sum + i.matrices, 0);
  const depth = (pattern: string) => pattern.split(".").length;
  const repeating = [...instancesByPattern(weights)]
    .filter(([, list]) => repeats(list))
    .sort(([a], [b]) => depth(b) - depth(a))
    .map(([, list]) => list);
  const main = repeating.find((list) => 2 * held(list) >= matrices);
  const chosen: Instance[] = [];
  for (const list of main ? [main, ...repeating] : []) {
    if (!list.some((i) => chosen.some((other) => overlap(i, other)))) chosen.push(...list);
  }
  const blocks = new Map<T, string>();
  for (const weight of weights) {
    const found = chosen.find(({ path }) => weight.name?.startsWith(`${path}.`));
    if (found) blocks.set(weight, found.path);
  }
  return blocks;
}
