/**
 * WGSL of a step's end over the one buffer of all trainables: [0, headStart) with the adapter's
 * rate, then the head's weight [headStart, biasStart) with the penalty, then its bias. Large
 * buffers are updated in parts.
 */
import { NORM_SHARE, setFactor, squaresBody, sumBody } from "./clip";
import { at, updateState } from "./loss-scale";
import type { Optimizer } from "./optimizer";

/**
 * A part of the buffer of all trainables, and where the head begins as counted from the part's
 * start.
 */
export interface UpdateRange {
  start: number;
  count: number;
  headStart: number;
  biasStart: number;
}

/**
 * @param most elements that one binding may hold; parts start at multiples of 64 elements, as
 *   bindings must
 */
export function updateRanges(count: number, headStart: number, biasStart: number, most: number): UpdateRange[] {
  const step = Math.floor(most / 64) * 64;
  return Array.from({ length: Math.ceil(count / step) }, (_, k) => ({
    start: k * step,
    count: Math.min(step, count - k * step),
    headStart: Math.max(0, headStart - k * step),
    biasStart: Math.max(0, biasStart - k * step),
  }));
}

/** Numbers that a step uploads, in the order of the kernels' buffer. */
export const hyperNames = (optimizer: Optimizer): string[] => [
  "lrAdapter",
  "lrHead",
  "headL2",
  "clipNorm",
  ...Object.keys(optimizer.settings(1)),
];

const hyperStruct = (optimizer: Optimizer): string =>
  `struct Hyper { ${hyperNames(optimizer)
    .map((name) => `${name}: f32`)
    .join(", ")} }`;

/** @param quads names of those that are read and written four numbers at a time */
const bindings = (names: readonly string[], quads: readonly string[] = []) =>
  names
    .map((name, k) => {
      const type = quads.includes(name) ? "vec4f" : "f32";
      return `@group(0) @binding(${k}) var<storage, read_write> ${name}: array<${type}>;`;
    })
    .join("\n");

/**
 * Numbers that an invocation of an update takes: tensors are laid out so that each begins at a
 * multiple.
 */
export const UNIT = 4;

/** How the gradient is treated before the update: what its norm, or an overflow, decides. */
export interface Treatment {
  clips: boolean;
  /** Gradients of a scaled loss (`loss-scale.ts`). */
  scaled: boolean;
}

const gradientOf = ({ headStart, biasStart }: UpdateRange, unit = 1) => `let head = i >= ${headStart / unit}u;
  let l2 = select(0.0, h.headL2, head && i < ${biasStart / unit}u);`;

/** Bindings of what a treatment keeps. */
const kept = ({ clips, scaled }: Treatment) => [...(clips ? ["factor"] : []), ...(scaled ? ["state"] : [])];

/**
 * Bindings: trainables, gradients, each moment, the clipping's factor and the scale's state where
 * there are such, settings.
 *
 * @param range in multiples of `UNIT`
 * @param rowWidth quads in a row of the grid
 */
export function updateShader(optimizer: Optimizer, range: UpdateRange, rowWidth: number, how: Treatment): string {
  const moments = Array.from({ length: optimizer.moments }, (_, k) => `m${k}`);
  const names = ["p", "g", ...moments, ...kept(how)];
  const own = `${how.scaled ? `g[i] / ${at("used")}` : "g[i]"} + l2 * p[i]`;
  return `${bindings(names, ["p", "g", ...moments])}
${hyperStruct(optimizer)}
@group(0) @binding(${names.length}) var<storage, read> h: Hyper;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) {
  let i = gid.x + gid.y * ${rowWidth}u;
  if (i >= ${range.count / UNIT}u${how.scaled ? ` || ${at("skips")} != 0.0` : ""}) { return; }
  ${gradientOf(range, UNIT)}
  let lr = select(h.lrAdapter, h.lrHead, head);
  let gradient = ${how.clips ? `factor[0] * (${own})` : own};
  ${optimizer.wgsl}
}`;
}

/** Partial sums that a range gives to the norm. */
export const partialSums = ({ count }: UpdateRange): number => Math.ceil(count / NORM_SHARE);

/**
 * The gradient's squares, summed in parts. Bindings: trainables, gradients, partial sums, the
 * scale's state where there is one, settings.
 *
 * @param first where the range's partial sums begin
 */
export function squaresShader(
  optimizer: Optimizer,
  range: UpdateRange,
  { first, width }: { first: number; width: number },
  { scaled }: Treatment,
): string {
  const names = ["p", "g", "partial", ...(scaled ? ["state"] : [])];
  const own = scaled ? `g[i] / ${at("scale")}` : "g[i]";
  return `${bindings(names)}
${hyperStruct(optimizer)}
@group(0) @binding(${names.length}) var<storage, read> h: Hyper;
${squaresBody(range.count, first, width, `${gradientOf(range)}\n  let gradient = ${own} + l2 * p[i];`)}`;
}

/**
 * What follows from the norm. Bindings: partial sums, the clipping's factor and the scale's state
 * where there are such, settings.
 */
export function normShader(optimizer: Optimizer, partials: number, how: Treatment): string {
  const names = ["partial", ...kept(how)];
  const then = [...(how.clips ? [setFactor("tree[0]")] : []), ...(how.scaled ? [updateState("tree[0]")] : [])];
  return `${bindings(names)}
${hyperStruct(optimizer)}
@group(0) @binding(${names.length}) var<storage, read> h: Hyper;
${sumBody(partials, then.join("\n    "))}`;
}

/**
 * Adds a micro-batch's share to what those before it gave. Bindings: sum, share.
 *
 * @param count quads
 */
export function addShader(count: number, rowWidth: number): string {
  return `${bindings(["total", "share"], ["total", "share"])}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) {
  let i = gid.x + gid.y * ${rowWidth}u;
  if (i >= ${count}u) { return; }
  total[i] = total[i] + share[i];
}`;
}
