/** Kernels that treat a tensor row by row (the last axis): softmax, layer normalisation and their gradients. */
import { sizeOf } from "../tensor";
import { gridOf, type KernelSource, linearIndex, OPAQUE_ZERO } from "./define";

const LANES = 64;

/** Rows above which one invocation per row keeps the device busy; below, a workgroup shares each row. */
const ROWS_FOR_ONE_LANE = 128;

export interface RowProgram {
  shape: readonly number[];
  inputs: number;
  /**
   * WGSL of one row. `each(body)` loops over the row's elements, `at` being the element's index in the tensor and `j` its
   * column; `reduce(name, identity, body, combine)` declares `name`, the combination of `value` set by `body` in each element.
   */
  program: (row: {
    each: (body: string) => string;
    reduce: (name: string, identity: string, body: string, combine: (a: string, b: string) => string) => string;
  }) => string;
}

export function rowKernel({ shape, inputs, program }: RowProgram): KernelSource {
  const width = shape[shape.length - 1] ?? 1;
  const rows = sizeOf(shape) / width;
  const shared = rows < ROWS_FOR_ONE_LANE && width > 16;
  const first = shared ? "lid.x" : OPAQUE_ZERO;
  const step = shared ? `${LANES}u` : "1u";
  const each = (body: string) =>
    `for (var j = ${first}; j < ${width}u; j += ${step}) { let at = row * ${width}u + j; ${body} }`;
  const reduce = (name: string, identity: string, body: string, combine: (a: string, b: string) => string) => {
    const local = `var ${name} = ${identity};\n  ${each(`var value = 0.0; ${body} ${name} = ${combine(name, "value")};`)}`;
    if (!shared) return local;
    return `${local}
  partial[lid.x] = ${name};
  workgroupBarrier();
  for (var half = ${LANES / 2}u + ${OPAQUE_ZERO}; half > 0u; half = half / 2u) {
    if (lid.x < half) { partial[lid.x] = ${combine("partial[lid.x]", "partial[lid.x + half]")}; }
    workgroupBarrier();
  }
  ${name} = partial[0];
  workgroupBarrier();`;
  };
  const types = new Array<"f32">(inputs + 1).fill("f32");
  const code = program({ each, reduce });
  if (shared) {
    const grid = gridOf(rows, 1);
    return {
      types,
      declarations: `var<workgroup> partial: array<f32, ${LANES}>;`,
      body: `let row = min(wid.x + wid.y * ${grid[0]}u, ${rows - 1}u);\n  ${code}`,
      workgroup: [LANES, 1, 1],
      grid,
    };
  }
  return {
    types,
    body: `${linearIndex(rows, LANES)}\n  let row = i;\n  ${code}`,
    workgroup: [LANES, 1, 1],
    grid: gridOf(rows, LANES),
  };
}
