/**
 * Kernels of several results. Where a result is kept for the backward pass and a function of it is
 * read at once (a product and its GELU), one kernel writes both. And where the backward pass reads
 * it for another function alone (GELU's derivative), that one is written in its place: as much
 * memory, and what the two functions share (the error function) is computed once.
 */
import { groupBy } from "../../base/group-by";
import { sizeOf } from "../graph/tensor";
import { isLeaf, type Value } from "../graph/value";
import {
  epilogueReads,
  type FusionGroup,
  inputsOf,
  isInlineScalar,
  isPermutation,
  isSound,
  last,
  resultsOf,
  storageRoot,
} from "./fusion-groups";

/**
 * @param groups in order; changed in place
 * @param kept values that must be in memory
 * @param maxBuffers storage buffers that a kernel may bind
 * @returns the groups that are left, in order
 */
export function fuseOutputs(
  groups: readonly FusionGroup[],
  kept: ReadonlySet<Value>,
  maxBuffers: number,
): FusionGroup[] {
  const fits = (group: FusionGroup) =>
    new Set(inputsOf(group).map(storageRoot)).size + resultsOf(group).length <= maxBuffers && isSound(group);
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
 * Takes each epilogue of operators into the kernel right before it, where it continues one of that
 * one's results.
 */
function joinNeighbours(groups: readonly FusionGroup[], fits: (group: FusionGroup) => boolean): FusionGroup[] {
  const joined: FusionGroup[] = [];
  for (const group of groups) {
    const before = joined.at(-1);
    const both = before && continued(before, group);
    if (both && fits(both)) Object.assign(before, both);
    else joined.push(group);
  }
  return joined;
}

/**
 * Both as one kernel; null where the second reads nothing that the first makes, or has a kernel or
 * an order of its own.
 */
function continued(first: FusionGroup, second: FusionGroup): FusionGroup | null {
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
 * Lets the maker of `result` compute, and write in its place, the function of it that the reader's
 * epilogue computes.
 *
 * @returns both groups; null where the reader needs more of `result` than one function
 */
function hoistIntoProducer(maker: FusionGroup, result: Value, reader: FusionGroup): [FusionGroup, FusionGroup] | null {
  const own = new Set([result]);
  for (const member of reader.epilogue) {
    if (isPermutation(member)) break;
    const roots = member.inputs.filter((input) => !isInlineScalar(input)).map(storageRoot);
    if (roots.some((v) => own.has(v)) && roots.every((v) => own.has(v) || isLeaf(v))) own.add(member);
  }
  const rest = reader.epilogue.filter((member) => !own.has(member));
  const read = [...(reader.root?.inputs ?? []), ...rest.flatMap(({ inputs }) => inputs)].map(storageRoot);
  const [made, ...others] = [...own].filter((v) => read.includes(v));
  const isFunction = made && made !== result && others.length === 0 && !resultsOf(reader).some((v) => own.has(v));
  if (!isFunction || sizeOf(made.shape) !== sizeOf(result.shape)) return null;
  const added = reader.epilogue.filter((member) => own.has(member) && !maker.epilogue.includes(member));
  if (added.at(-1) !== made) return null;
  const extraOutputs = resultsOf(maker).filter((v) => v !== result);
  return [
    { root: maker.root, epilogue: [...maker.epilogue, ...added], extraOutputs },
    { ...reader, epilogue: rest },
  ];
}
