/**
 * Finds the blocks of a backbone from the names of its weights. A block is a group of names that
 * repeats with another number, whatever word the framework uses for it.
 */

/** The name and the shape of a weight. */
export interface NamedShape {
  name?: string;
  shape: readonly number[];
}

/** Whether a part of a path ends in a number: "11", "encoder_layer_11", "denselayer16". */
const isNumbered = (part: string) => /\d$/.test(part);
const stemOf = (part: string) => part.replace(/\d+$/, "#");

/** A numbered path and the weights below it. */
interface Instance {
  path: string;
  parent: string;
  /** Names of the weights, relative to the path. */
  inside: Set<string>;
  matrices: number;
}

/** Numbered paths with two matrices or more, by pattern ("layers.#.blocks.#"). */
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
 * Whether two neighbours have the same names, or one has all names of the other. (The first block
 * of a stage may have an additional shortcut.)
 */
function repeats(instances: readonly Instance[]): boolean {
  const holds = (a: Instance, b: Instance) => [...b.inside].every((name) => a.inside.has(name));
  return instances.some((a, i) =>
    instances.slice(i + 1).some((b) => a.parent === b.parent && (holds(a, b) || holds(b, a))),
  );
}

const areNested = (a: Instance, b: Instance) =>
  `${a.path}.`.startsWith(`${b.path}.`) || `${b.path}.`.startsWith(`${a.path}.`);

/**
 * Finds the block of each weight. The pattern of the blocks is the deepest one that repeats and
 * holds at least half of all matrices. This excludes a layer inside an MLP's list and a whole stage
 * of blocks. Other repeated patterns outside these blocks are blocks too, such as a convolutional
 * stem before a transformer.
 *
 * @returns the block's path for each weight that belongs to a block
 */
export function blocksOf<T extends NamedShape>(weights: readonly T[]): Map<T, string> {
  const matrices = weights.filter((w) => w.shape.length > 1).length;
  const matricesIn = (list: readonly Instance[]) => list.reduce((sum, i) => sum + i.matrices, 0);
  const depth = (pattern: string) => pattern.split(".").length;
  const repeating = [...instancesByPattern(weights)]
    .filter(([, list]) => repeats(list))
    .sort(([a], [b]) => depth(b) - depth(a))
    .map(([, list]) => list);
  const main = repeating.find((list) => 2 * matricesIn(list) >= matrices);
  const chosen: Instance[] = [];
  for (const list of main ? [main, ...repeating] : []) {
    if (!list.some((i) => chosen.some((other) => areNested(i, other)))) chosen.push(...list);
  }
  const blocks = new Map<T, string>();
  for (const weight of weights) {
    const found = chosen.find(({ path }) => weight.name?.startsWith(`${path}.`));
    if (found) blocks.set(weight, found.path);
  }
  return blocks;
}
