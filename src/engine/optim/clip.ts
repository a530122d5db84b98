/**
 * Gradient clipping by the global norm, as torch.nn.utils.clip_grad_norm_ does: it multiplies all
 * gradients by min(1, clipNorm / (norm + 1e-6)). Pascanu et al., On the difficulty of training
 * recurrent neural networks, arXiv 1211.5063
 */
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";

const EPSILON = 1e-6;

/**
 * The factor for all gradients.
 *
 * @param squares sum of the squares of all gradients' elements
 * @param clipNorm largest norm that is allowed
 */
export const clipFactor = (squares: number, clipNorm: number): number =>
  Math.min(1, clipNorm / (Math.sqrt(squares) + EPSILON));

/** The same factor as a graph value []. */
export function clipValue(b: Builder, gradients: readonly Value[], clipNorm: number): Value {
  const squares = gradients.map((g) => b.reshape(b.sum(b.mul(g, g), [...g.shape.keys()]), []));
  const norm = b.op("Sqrt", [squares.reduce(b.add)]);
  const factor = b.div(b.scalar(clipNorm), b.add(norm, b.scalar(EPSILON)));
  return b.op("Clip", [factor], { min: 0, max: 1 });
}

/** Threads of a workgroup. */
const THREADS = 64;
/** Number of elements that one workgroup sums. */
export const NORM_SHARE = 64 * THREADS;

/**
 * WGSL that sums `value` over `k` from 0 to `count` in one workgroup and then runs `target` with
 * the sum in `tree[0]`. The order of additions is fixed, so that the same gradients always give the
 * same bits.
 */
const treeReduction = (count: string, value: string, target: string) => `var sum = 0.0;
  for (var k = lid.x; k < ${count}; k += ${THREADS}u) {
    ${value}
  }
  tree[lid.x] = sum;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half > 0u; half = half / 2u) {
    if (lid.x < half) { tree[lid.x] = tree[lid.x] + tree[lid.x + half]; }
    workgroupBarrier();
  }
  if (lid.x == 0u) { ${target} }`;

const clipShader = `var<workgroup> tree: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS}) fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_id) lid: vec3u) {`;

/**
 * WGSL that squares a range of the gradient. Each workgroup writes one sum to `partial`, from index
 * `first` on.
 *
 * @param gradient WGSL that declares `gradient` of element `i`
 * @param width number of workgroups in a row of the grid
 */
export function squaresBody(count: number, first: number, width: number, gradient: string): string {
  const groups = Math.ceil(count / NORM_SHARE);
  return `${clipShader}
  let group = wid.x + wid.y * ${width}u;
  if (group >= ${groups}u) { return; }
  ${treeReduction(
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

/** WGSL statement that computes the clipping factor from the sum of squares. */
export const setFactor = (squares: string): string =>
  `factor[0] = min(1.0, h.clipNorm / (sqrt(${squares}) + ${EPSILON}));`;

/**
 * WGSL for one workgroup that adds all partial sums to `tree[0]` and then runs the statements
 * `then`.
 */
export const sumBody = (partials: number, then: string): string => `${clipShader}
  ${treeReduction(`${partials}u`, "sum += partial[k];", then)}
}`;
