/**
 * Clipping by the global norm as torch.nn.utils.clip_grad_norm_: all gradients are multiplied by
 * min(1, clipNorm / (norm + 1e-6)). "On the difficulty of training recurrent neural networks",
 * arXiv 1211.5063
 */
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";

const EPSILON = 1e-6;

/** @param squares sum over all elements of the gradient's square */
export const clipFactor = (squares: number, clipNorm: number): number =>
  Math.min(1, clipNorm / (Math.sqrt(squares) + EPSILON));

/** The factor [] as a graph value. */
export function clipValue(b: Builder, gradients: readonly Value[], clipNorm: number): Value {
  const squares = gradients.map((g) => b.reshape(b.sum(b.mul(g, g), [...g.shape.keys()]), []));
  const norm = b.op("Sqrt", [squares.reduce(b.add)]);
  const factor = b.div(b.scalar(clipNorm), b.add(norm, b.scalar(EPSILON)));
  return b.op("Clip", [factor], { min: 0, max: 1 });
}

/** Threads of a workgroup, and elements that one workgroup sums. */
const LANES = 64;
export const NORM_SHARE = 64 * LANES;

/**
 * WGSL: the sum of `value` over `k` from 0 to `count` of one workgroup, by a fixed tree, into
 * `target`.
 */
const treeSum = (count: string, value: string, target: string) => `var sum = 0.0;
  for (var k = lid.x; k < ${count}; k += ${LANES}u) {
    ${value}
  }
  tree[lid.x] = sum;
  workgroupBarrier();
  for (var half = ${LANES / 2}u; half > 0u; half = half / 2u) {
    if (lid.x < half) { tree[lid.x] = tree[lid.x] + tree[lid.x + half]; }
    workgroupBarrier();
  }
  if (lid.x == 0u) { ${target} }`;

const clipShader = `var<workgroup> tree: array<f32, ${LANES}>;
@compute @workgroup_size(${LANES}) fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_id) lid: vec3u) {`;

/**
 * WGSL: squares of a range of the gradient, summed for each workgroup into `partial[first…]`.
 *
 * @param gradient WGSL that declares `gradient` of element `i`
 * @param width workgroups in a row of the grid
 */
export function squaresBody(count: number, first: number, width: number, gradient: string): string {
  const groups = Math.ceil(count / NORM_SHARE);
  return `${clipShader}
  let group = wid.x + wid.y * ${width}u;
  if (group >= ${groups}u) { return; }
  ${treeSum(
    `${NORM_SHARE}u`,
    `let i = group * ${NORM_SHARE}u + k;
    if (i < ${count}u) {
      ${gradient}
      sum += gradient * gradient;
    }`,
    `partial[${first}u + group] = tree[0];`,
  )}
}`;
}

/** WGSL statement: the factor from the sum of squares. */
export const setFactor = (squares: string): string =>
  `factor[0] = min(1.0, h.clipNorm / (sqrt(${squares}) + ${EPSILON}));`;

/** WGSL: what follows from the sum `tree[0]` of all partial sums, by one workgroup. */
export const sumBody = (partials: number, then: string): string => `${clipShader}
  ${treeSum(`${partials}u`, "sum += partial[k];", then)}
}`;
