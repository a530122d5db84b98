/** The kernels of fused attention's operators. The tuner chooses the fastest on each adapter. */
import { gridOf, type KernelCode, type KernelSource, loop, OPAQUE_ZERO, sizeClass } from "../define";
import { attentionRegisterKernel } from "./registers";
import { attentionSharedKernel } from "./shared";
import { four, highestOf, LOWEST, type MatrixBinding, type Products, present, products, TILE, type Walk } from "./walk";

function kernelChoices(name: string, walk: Walk): KernelCode & Pick<KernelSource, "choice"> {
  const { own, walkedRows, width } = walk;
  const sizes = [own.batches, own.rows, walkedRows, own.width, width].map(sizeClass).join("×");
  return {
    ...attentionSharedKernel(walk),
    choice: { class: `${name} ${sizes}`, others: { registers: () => attentionRegisterKernel(walk) } },
  };
}

const scaled = (i: number, scale: number, walkedRows: number) =>
  `let value_${i} = select(vec4f(${LOWEST}), s_${i} * f32(${scale}), ${present(walkedRows)});`;

/**
 * Computes softmax(q·kᵀ·scale)·v. Whenever a row meets a higher score, the kernel scales its sums
 * down.
 */
export function forwardKernel(
  q: MatrixBinding,
  v: MatrixBinding,
  scale: number,
  [x, y, z]: readonly string[],
): KernelSource {
  const code = kernelChoices("attention", {
    own: q,
    walkedRows: v.rows,
    isSoftmax: true,
    before: "",
    added: z,
    width: v.width,
    values: [
      products("s", { own: x, walked: y, width: q.width }, q.rows, v.rows),
      ...four.map((i) => scaled(i, scale, v.rows)),
    ].join("\n    "),
  });
  return { types: ["vec4f", "vec4f", "vec4f", "vec4f"], ...code };
}

/**
 * The walk of one gradient. Names are bindings of quads, except `logSum` and `delta`, which hold
 * one number per query.
 */
export interface Gradient {
  own: MatrixBinding;
  walkedRows: number;
  walksQueries: boolean;
  scale: number;
  /** Queries and keys, or keys and queries. */
  scores: Omit<Products, "width">;
  logSum: string;
  /**
   * Cotangents and values, or values and cotangents, for the gradient of the scores. Without them,
   * the walk computes the weights.
   */
  cotangents?: Products & { delta: string };
  added: string;
  width: number;
}

/** Sums rows weighted by exp(s·scale − logSum), or by that times (cotangent − delta)·scale. */
export function gradientKernel(name: string, g: Gradient): KernelCode & Pick<KernelSource, "choice"> {
  const { own, walkedRows, walksQueries, scale, scores, logSum, cotangents, added, width } = g;
  const queries = walksQueries ? walkedRows : own.rows;
  const at = (query: string) => `batch * ${queries}u + min(${query}, ${queries - 1}u)`;
  const byQuery = (what: string, binding: string) =>
    walksQueries
      ? `let ${what} = vec4f(${four.map((j) => `${binding}[${at(`first + 4u * t + ${j}u`)}]`).join(", ")});`
      : four.map((i) => `let ${what}_${i} = ${binding}[${at(`row + ${i}u`)}];`).join(" ");
  const of = (what: string, i: number) => (walksQueries ? what : `vec4f(${what}_${i})`);
  const value = (i: number) => {
    const weight = `exp(fma(s_${i}, vec4f(f32(${scale})), -${of("log_sum", i)}))`;
    const slope = cotangents ? `${weight} * (c_${i} - ${of("delta", i)}) * f32(${scale})` : weight;
    return `let value_${i} = select(vec4f(), ${slope}, ${present(walkedRows)});`;
  };
  const statistics = [byQuery("log_sum", logSum), ...(cotangents ? [byQuery("delta", cotangents.delta)] : [])];
  return kernelChoices(name, {
    own,
    walkedRows,
    isSoftmax: false,
    added,
    width,
    before: walksQueries ? "" : statistics.join("\n  "),
    values: [
      products("s", { ...scores, width: own.width }, own.rows, walkedRows),
      ...(cotangents ? [products("c", cotangents, own.rows, walkedRows)] : []),
      ...(walksQueries ? statistics : []),
      ...four.map(value),
    ].join("\n    "),
  });
}

/** Invocations of a workgroup that share a row's walk, and rows of a workgroup. */
const [SHARERS, ROWS] = [8, 32];

/** log Σ exp of each query's scores, [..., M, 1]. */
export function logSumKernel(q: MatrixBinding, keys: number, scale: number, [x, y]: readonly string[]): KernelSource {
  const tiles = Math.ceil(q.rows / ROWS);
  const grid = gridOf(tiles * q.batches, 1);
  const grow = (i: number) => `{ ${scaled(i, scale, keys)}
      let higher = max(most_${i}, ${highestOf(`value_${i}`)});
      total_${i} = total_${i} * exp(most_${i} - higher) + dot(exp(value_${i} - higher), vec4f(1.0)); most_${i} = higher; }`;
  return {
    types: ["vec4f", "vec4f", "f32"],
    declarations: `var<workgroup> partial: array<vec2f, ${ROWS * SHARERS}>;`,
    body: `let group = wid.x + wid.y * ${grid[0]}u;
  if (group >= ${tiles * q.batches}u) { return; }
  let batch = group / ${tiles}u; let row = (group % ${tiles}u) * ${ROWS}u + 4u * lid.y;
  ${four.map((i) => `var most_${i} = ${LOWEST}; var total_${i} = 0.0;`).join(" ")}
  for (var first = ${OPAQUE_ZERO}; first < ${keys}u; first += ${TILE}u) {
    let t = lid.x;
    ${products("s", { own: x, walked: y, width: q.width }, q.rows, keys)}
    ${four.map(grow).join("\n    ")}
  }
  ${four.map((i) => `partial[(4u * lid.y + ${i}u) * ${SHARERS}u + lid.x] = vec2f(most_${i}, total_${i});`).join("\n  ")}
  workgroupBarrier();
  if (lid.x >= 4u || row + lid.x >= ${q.rows}u) { return; }
  let start = (4u * lid.y + lid.x) * ${SHARERS}u;
  var most = ${LOWEST};
  ${loop("u32", "j", SHARERS)} { most = max(most, partial[start + j].x); }
  var total = 0.0;
  ${loop("u32", "j", SHARERS)} { total += partial[start + j].y * exp(partial[start + j].x - most); }
  write(batch * ${q.rows}u + row + lid.x, most + log(total));`,
    workgroup: [SHARERS, ROWS / 4, 1],
    grid,
  };
}
