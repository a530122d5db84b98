/**
 * Fuses kernels that depend on each other into one kernel with several results. There are two
 * cases:
 * - The backward pass needs a value, and the next kernel computes a function of it (a matrix
 *   product and its GELU). One kernel then writes both.
 * - The backward pass needs the value only for another function (GELU's derivative). The kernel
 *   then writes that function instead of the value. This takes no more memory, and the common part
 *   of both functions (here the error function) is computed once.
 */
import { groupBy } from "../../base/group-by";
import { sizeOf } from "../graph/tensor";
import { isLeaf, type Value } from "../graph/value";
import {
  canContinueRoot,
  epilogueReads,
  type FusionGroup,
  inputsOf,
  isInlineScalar,
  isPermutation,
  last,
  resultsOf,
  storageRoot,
} from "./fusion-groups";

/**
 * Fuses outputs where the limits allow it.
 *
 * @param groups in order of computation. This function changes them in place.
 * @param kept values that must be in memory
 * @param maxBuffers storage buffers that a kernel may bind
 * @returns the groups that remain, in order of computation
 */
export function fuseOutputs(
  groups: readonly FusionGroup[],
  kept: ReadonlySet<Value>,
  maxBuffers: number,
): FusionGroup[] {
  const fits = (group: FusionGroup) =>
    new Set(inputsOf(group).map(storageRoot)).size + resultsOf(group).length <= maxBuffers && canContinueRoot(group);
  const joined = joinNeighbours(groups, fits);
  const readers = readingGroups(joined);
  for (const group of joined) {
    group.extraOutputs = group.extraOutputs.filter((v) => kept.has(v) || readers.has(v));
    for (const result of group.extraOutputs) {
      const [first, ...others] = kept.has(result) ? [] : readers.get(result)!;
      const moved = first && others.length === 0 ? hoistIntoProducer(group, result, first.reader) : null;
      if (!moved?.every(fits)) continue;
      Object.assign(group, moved[0]);
      Object.assign(first.reader, moved[1]);
      break;
    }
  }
  return joined;
}

/**
 * Joins an epilogue without a root to the kernel right before it, where it reads a result of that
 * kernel.
 */
function joinNeighbours(groups: readonly FusionGroup[], fits: (group: FusionGroup) => boolean): FusionGroup[] {
  const joined: FusionGroup[] = [];
  for (const group of groups) {
    const before = joined.at(-1);
    const both = before && joinEpilogue(before, group);
    if (both && fits(both)) Object.assign(before, both);
    else joined.push(group);
  }
  return joined;
}

/**
 * Both groups as one. Returns null where the second reads no result of the first, or where it has a
 * root, further outputs or a permutation.
 */
function joinEpilogue(first: FusionGroup, second: FusionGroup): FusionGroup | null {
  const { root, epilogue, extraOutputs } = second;
  if (root || extraOutputs.length > 0 || epilogue.some(isPermutation)) return null;
  const results = resultsOf(first);
  const { shape } = last(first);
  const reads = epilogueReads(second).map(({ value }) => storageRoot(value));
  if (!reads.some((v) => results.includes(v)) || sizeOf(epilogue[0].shape) !== sizeOf(shape)) return null;
  return { root: first.root, epilogue: [...first.epilogue, ...epilogue], extraOutputs: results };
}

/** By value: the groups that read it from memory. */
const readingGroups = (groups: readonly FusionGroup[]) =>
  groupBy(
    groups.flatMap((reader) => [...new Set(inputsOf(reader).map(storageRoot))].map((root) => ({ root, reader }))),
    ({ root }) => root,
  );

/**
 * Moves a function of `result` from the epilogue of its only reader into the kernel that computes
 * `result`. That kernel then writes the function instead of `result`.
 *
 * @returns both groups after the change, or null where the reader needs more of `result` than one
 *   function
 */
function hoistIntoProducer(
  producer: FusionGroup,
  result: Value,
  reader: FusionGroup,
): [FusionGroup, FusionGroup] | null {
  const functions = new Set([result]);
  for (const member of reader.epilogue) {
    if (isPermutation(member)) break;
    const roots = member.inputs.filter((input) => !isInlineScalar(input)).map(storageRoot);
    if (roots.some((v) => functions.has(v)) && roots.every((v) => functions.has(v) || isLeaf(v))) functions.add(member);
  }
  const rest = reader.epilogue.filter((member) => !functions.has(member));
  const read = [...(reader.root?.inputs ?? []), ...rest.flatMap(({ inputs }) => inputs)].map(storageRoot);
  const [made, ...others] = [...functions].filter((v) => read.includes(v));
  const isFunction = made && made !== result && others.length === 0 && !resultsOf(reader).some((v) => functions.has(v));
  if (!isFunction || sizeOf(made.shape) !== sizeOf(result.shape)) return null;
  const added = reader.epilogue.filter((member) => functions.has(member) && !producer.epilogue.includes(member));
  if (added.at(-1) !== made) return null;
  const extraOutputs = resultsOf(producer).filter((v) => v !== result);
  return [
    { root: producer.root, epilogue: [...producer.epilogue, ...added], extraOutputs },
    { ...reader, epilogue: rest },
  ];
}
