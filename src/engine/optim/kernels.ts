/**
 * Writes the WGSL for the end of a training step. It works on the one buffer of all trainables.
 * Elements [0, headStart) have the adapter's learning rate, [headStart, biasStart) are the head's
 * weight with its L2 penalty, and the head's bias follows. Buffers that are too large to bind are
 * updated in ranges.
 */
import { NORM_SHARE, setFactor, squaresBody, sumBody } from "./clip";
import { at, updateState } from "./loss-scale";
import type { Optimizer } from "./optimizer";

/**
 * A range of the buffer of all trainables, in elements. `headStart` and `biasStart` count from the
 * start of the range.
 */
export interface UpdateRange {
  start: number;
  count: number;
  headStart: number;
  biasStart: number;
}

/**
 * Splits the buffer into ranges.
 *
 * @param count number of elements in the buffer
 * @param maxBinding number of elements that one binding may hold. Ranges start at multiples of 64
 *   elements, because bindings must be aligned.
 */
export function updateRanges(count: number, headStart: number, biasStart: number, maxBinding: number): UpdateRange[] {
  const step = Math.floor(maxBinding / 64) * 64;
  return Array.from({ length: Math.ceil(count / step) }, (_, k) => ({
    start: k * step,
    count: Math.min(step, count - k * step),
    headStart: Math.max(0, headStart - k * step),
    biasStart: Math.max(0, biasStart - k * step),
  }));
}

/** Names of the settings that a step uploads, in the order of the kernels' buffer. */
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

/** @param quads names of the bindings that the kernel reads and writes four numbers at a time */
const bindings = (names: readonly string[], quads: readonly string[] = []) =>
  names
    .map((name, k) => {
      const type = quads.includes(name) ? "vec4f" : "f32";
      return `@group(0) @binding(${k}) var<storage, read_write> ${name}: array<${type}>;`;
    })
    .join("\n");

/**
 * Number of elements that one invocation updates. Every tensor in the buffer starts at a multiple
 * of it.
 */
export const UNIT = 4;

/** What happens to the gradient before the update. */
export interface GradientPreparation {
  /** Whether the norm of all gradients is clipped. */
  clips: boolean;
  /** Whether gradients come from a scaled loss (see `loss-scale.ts`). */
  scaled: boolean;
}

const penaltyOfElement = ({ headStart, biasStart }: UpdateRange, unit = 1) => `let head = i >= ${headStart / unit}u;
  let l2 = select(0.0, h.headL2, head && i < ${biasStart / unit}u);`;

/** Names of the additional bindings that a preparation of the gradient needs. */
const extraBindings = ({ clips, scaled }: GradientPreparation) => [
  ...(clips ? ["factor"] : []),
  ...(scaled ? ["state"] : []),
];

/**
 * The kernel that updates trainables and moments. Bindings: trainables, gradients, each moment,
 * then the clipping factor and the loss scale's state where they exist, then the settings.
 *
 * @param range a range whose bounds are multiples of `UNIT`
 * @param rowWidth number of quads in a row of the grid
 */
export function updateShader(
  optimizer: Optimizer,
  range: UpdateRange,
  rowWidth: number,
  how: GradientPreparation,
): string {
  const moments = Array.from({ length: optimizer.moments }, (_, k) => `m${k}`);
  const names = ["p", "g", ...moments, ...extraBindings(how)];
  const own = `${how.scaled ? `g[i] / ${at("used")}` : "g[i]"} + l2 * p[i]`;
  return `${bindings(names, ["p", "g", ...moments])}
${hyperStruct(optimizer)}
@group(0) @binding(${names.length}) var<storage, read> h: Hyper;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) {
  let i = gid.x + gid.y * ${rowWidth}u;
  if (i >= ${range.count / UNIT}u${how.scaled ? ` || ${at("skips")} != 0.0` : ""}) { return; }
  ${penaltyOfElement(range, UNIT)}
  let lr = select(h.lrAdapter, h.lrHead, head);
  let gradient = ${how.clips ? `factor[0] * (${own})` : own};
  ${optimizer.wgsl}
}`;
}

/** Number of partial sums for the norm of a range. */
export const partialSums = ({ count }: UpdateRange): number => Math.ceil(count / NORM_SHARE);

/**
 * The kernel that sums the squares of the gradients. Bindings: trainables, gradients, partial sums,
 * then the loss scale's state where it exists, then the settings.
 *
 * @param first index of the range's first partial sum
 * @param width number of workgroups in a row of the grid
 */
export function squaresShader(
  optimizer: Optimizer,
  range: UpdateRange,
  { first, width }: { first: number; width: number },
  { scaled }: GradientPreparation,
): string {
  const names = ["p", "g", "partial", ...(scaled ? ["state"] : [])];
  const own = scaled ? `g[i] / ${at("scale")}` : "g[i]";
  return `${bindings(names)}
${hyperStruct(optimizer)}
@group(0) @binding(${names.length}) var<storage, read> h: Hyper;
${squaresBody(range.count, first, width, `${penaltyOfElement(range)}\n  let gradient = ${own} + l2 * p[i];`)}`;
}

/**
 * The kernel that computes the clipping factor and updates the loss scale. Bindings: partial sums,
 * then the clipping factor and the loss scale's state where they exist, then the settings.
 */
export function normShader(optimizer: Optimizer, partials: number, how: GradientPreparation): string {
  const names = ["partial", ...extraBindings(how)];
  const then = [...(how.clips ? [setFactor("tree[0]")] : []), ...(how.scaled ? [updateState("tree[0]")] : [])];
  return `${bindings(names)}
${hyperStruct(optimizer)}
@group(0) @binding(${names.length}) var<storage, read> h: Hyper;
${sumBody(partials, then.join("\n    "))}`;
}

/**
 * The kernel that adds the gradients of a micro-batch to those of the earlier ones. Bindings: sum,
 * addend.
 *
 * @param count number of quads
 * @param rowWidth number of quads in a row of the grid
 */
export function addShader(count: number, rowWidth: number): string {
  return `${bindings(["total", "share"], ["total", "share"])}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3u) {
  let i = gid.x + gid.y * ${rowWidth}u;
  if (i >= ${count}u) { return; }
  total[i] = total[i] + share[i];
}`;
}
