/**
 * Kernels of several results. Where a result is kept for the backward pass and a function of it is read at once (a product and its GELU), one
 * kernel writes both. And where the backward pass reads it for another function alone (GELU's derivative), that one is written in its
 * place: as much memory, and what the two functions share (the error function) is computed once.
 */
import { groupBy } from "../../base/group-by";
import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import {
  chainReads,
  type Group,
  inputsOf,
  isInlineScalar,
  isLeaf,
  isMove,
  isSound,
  last,
  resultsOf,
  storageRoot,
} from "./fusion-groups";

/**
 * @param groups in order; changed in place
 * @param kept values that must be in memory
 * @param mostBuffers storage buffers that a kernel may bind
 * @returns the groups that are left, in order
 */
export function joinResults(groups: readonly Group[], kept: ReadonlySet<Value>, mostBuffers: number): Group[] {
  const fits = (group: Group) =>
    new Set(inputsOf(group).map(storageRoot)).size + resultsOf(group).length <= mostBuffers && isSound(group);
  const joined = joinNeighbours(groups, fits);
  const readers = readersOf(joined);
  for (const group of joined) {
    group.also = group.also.filter((v) => kept.has(v) || readers.has(v));
    for (const result of group.also) {
      const [first, ...others] = kept.has(result) ? [] : readers.get(result)!;
      const moved = first && others.length === 0 ? moveFunction(group, result, first.reader) : null;
      if (!moved?.every(fits)) continue;
      Object.assign(group, moved[0]);
      Object.assign(first.reader, moved[1]);
      break;
    }
  }
  return joined;
}

/** Takes each chain of operators into the kernel right before it, where it continues one of that one's results. */
function joinNeighbours(groups: readonly Group[], fits: (group: Group) => boolean): Group[] {
  const joined: Group[] = [];
  for (const group of groups) {
    const before = joined.at(-1);
    const both = before && continued(before, group);
    if (both && fits(both)) Object.assign(before, both);
    else joined.push(group);
  }
  return joined;
}

/** Both as one kernel; null where the second reads nothing that the first makes, or has a kernel or an order of its own. */
function continued(first: Group, second: Group): Group | null {
  const { head, chain, also } = second;
  if (head || also.length > 0 || chain.some(isMove)) return null;
  const results = resultsOf(first);
  const { shape } = last(first);
  const reads = chainReads(second).map(({ value }) => storageRoot(value));
  if (!reads.some((v) => results.includes(v)) || sizeOf(chain[0].shape) !== sizeOf(shape)) return null;
  return { head: first.head, chain: [...first.chain, ...chain], also: results };
}

/** By value: the groups that read it from memory. */
const readersOf = (groups: readonly Group[]) =>
  groupBy(
    groups.flatMap((reader) => [...new Set(inputsOf(reader).map(storageRoot))].map((root) => ({ root, reader }))),
    ({ root }) => root,
  );

/**
 * Lets the maker of `result` compute, and write in its place, the function of it that the reader's chain computes.
 *
 * @returns both groups; null where the reader needs more of `result` than one function
 */
function moveFunction(maker: Group, result: Value, reader: Group): [Group, Group] | null {
  const own = new Set([result]);
  for (const member of reader.chain) {
    if (isMove(member)) break;
    const roots = member.inputs.filter((input) => !isInlineScalar(input)).map(storageRoot);
    if (roots.some((v) => own.has(v)) && roots.every((v) => own.has(v) || isLeaf(v))) own.add(member);
  }
  const rest = reader.chain.filter((member) => !own.has(member));
  const read = [...(reader.head?.inputs ?? []), ...rest.flatMap(({ inputs }) => inputs)].map(storageRoot);
  const [made, ...others] = [...own].filter((v) => read.includes(v));
  const isFunction = made && made !== result && others.length === 0 && !resultsOf(reader).some((v) => own.has(v));
  if (!isFunction || sizeOf(made.shape) !== sizeOf(result.shape)) return null;
  const added = reader.chain.filter((member) => own.has(member) && !maker.chain.includes(member));
  if (added.at(-1) !== made) return null;
  const also = resultsOf(maker).filter((v) => v !== result);
  return [
    { head: maker.head, chain: [...maker.chain, ...added], also },
    { ...reader, chain: rest },
  ];
}
