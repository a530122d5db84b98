/**
 * The plain matrix-product kernel: each invocation makes a 4 × (4·W) tile of the result in registers, without workgroup
 * memory, reading four numbers at a time where a row's length allows. It suits software adapters best.
 */
import type { KernelSource } from "../define";

export interface Product {
  m: number;
  n: number;
  k: number;
  transA: boolean;
  transB: boolean;
  /** Number of products; the WGSL functions `offset_0(batch)` and `offset_1(batch)` give where each operand's matrix starts. */
  batches: number;
}

/** WebGPU's least maxComputeWorkgroupsPerDimension. */
const MOST_LAYERS = 65_535;

export function productKernel(p: Product, a: string, b: string, out: string): KernelSource {
  const columnsA = p.transA ? p.m : p.k;
  const columnsB = p.transB ? p.k : p.n;
  const wideA = columnsA % 4 === 0;
  const wideB = columnsB % 4 === 0;
  const wideOut = p.n % 4 === 0;
  // Two quads of columns per invocation where there is width enough to keep the device busy.
  const quads = p.n >= 32 && p.n % 8 === 0 && p.m * p.n * p.batches >= 65_536 ? 2 : 1;
  const tilesN = Math.ceil(p.n / (4 * quads));
  const tilesM = Math.ceil(p.m / 4);
  const rowsA = p.transA ? p.k : p.m;
  const rowsB = p.transB ? p.n : p.k;
  const range = [0, 1, 2, 3];
  const clampRow = (row: string) => `min(${row}, ${p.m - 1}u)`;
  const clampColumn = (column: string) => `min(${column}, ${p.n - 1}u)`;

  const steps: string[] = [];
  if (p.transA) for (const kk of range) steps.push(`let a${kk} = readA(baseA, k + ${kk}u, row);`);
  else for (const i of range) steps.push(`let a${i} = readA(baseA, ${clampRow(`row + ${i}u`)}, k);`);
  const lane = ["x", "y", "z", "w"];
  // Element (row i, step kk) of A's tile.
  const elementA = (i: number, kk: number) => (p.transA ? `a${kk}.${lane[i]}` : `a${i}.${lane[kk]}`);
  for (let q = 0; q < quads; q++) {
    if (p.transB) {
      for (const j of range) steps.push(`let b${q}${j} = readB(baseB, ${clampColumn(`column + ${4 * q + j}u`)}, k);`);
      for (const i of range) {
        const rowA = p.transA ? `vec4f(${range.map((kk) => elementA(i, kk)).join(", ")})` : `a${i}`;
        steps.push(`{ let r = ${rowA}; acc${q}${i} += vec4f(${range.map((j) => `dot(r, b${q}${j})`).join(", ")}); }`);
      }
    } else {
      for (const kk of range) steps.push(`let b${q}${kk} = readB(baseB, k + ${kk}u, column + ${4 * q}u);`);
      for (const i of range) {
        steps.push(`acc${q}${i} += ${range.map((kk) => `${elementA(i, kk)} * b${q}${kk}`).join(" + ")};`);
      }
    }
  }
  const stores: string[] = [];
  for (let q = 0; q < quads; q++) {
    for (const i of range) {
      const row = `row + ${i}u`;
      const column = `column + ${4 * q}u`;
      if (wideOut) {
        stores.push(
          `if (${row} < ${p.m}u && ${column} < ${p.n}u) { ${out}[(batch * ${p.m}u + ${row}) * ${p.n / 4}u + (${column}) / 4u] = acc${q}${i}; }`,
        );
      } else {
        for (const j of range) {
          stores.push(
            `if (${row} < ${p.m}u && ${column} + ${j}u < ${p.n}u) { ${out}[(batch * ${p.m}u + ${row}) * ${p.n}u + ${column} + ${j}u] = acc${q}${i}.${lane[j]}; }`,
          );
        }
      }
    }
  }
  const accumulators = Array.from({ length: quads }, (_, q) =>
    range.map((i) => `var acc${q}${i} = vec4f();`).join(" "),
  ).join("\n  ");
  const layers = Math.min(p.batches, MOST_LAYERS);
  // Each invocation takes every MOST_LAYERS-th product where there are more than a grid may hold.
  const forEachProduct =
    p.batches > layers ? `for (var batch = gid.z; batch < ${p.batches}u; batch += ${layers}u)` : "let batch = gid.z;";
  return {
    types: [wideA ? "vec4f" : "f32", wideB ? "vec4f" : "f32", wideOut ? "vec4f" : "f32"],
    declarations: `${quadReader("readA", a, wideA, rowsA, columnsA)}\n${quadReader("readB", b, wideB, rowsB, columnsB)}`,
    body: `let column = gid.x * ${4 * quads}u; let row = gid.y * 4u;
  if (column >= ${p.n}u || row >= ${p.m}u) { return; }
  ${forEachProduct} {
  let baseA = offset_0(batch); let baseB = offset_1(batch);
  ${accumulators}
  for (var k = 0u; k < ${p.k}u; k += 4u) {
    ${steps.join("\n    ")}
  }
  ${stores.join("\n  ")}
  }`,
    workgroup: [8, 8, 1],
    grid: [Math.ceil(tilesN / 8), Math.ceil(tilesM / 8), layers],
  };
}

/** WGSL function that reads four neighbours of a row, zeros beyond the matrix. */
function quadReader(name: string, variable: string, wide: boolean, rows: number, columns: number): string {
  if (wide && rows % 4 === 0) {
    return `fn ${name}(base: u32, row: u32, column: u32) -> vec4f { return ${variable}[base + row * ${columns / 4}u + column / 4u]; }`;
  }
  if (wide) {
    return `fn ${name}(base: u32, row: u32, column: u32) -> vec4f {
  if (row >= ${rows}u) { return vec4f(); }
  return ${variable}[base + row * ${columns / 4}u + column / 4u];
}`;
  }
  return `fn ${name}(base: u32, row: u32, column: u32) -> vec4f {
  var quad = vec4f();
  if (row >= ${rows}u) { return quad; }
  let at = base + row * ${columns}u + column;
  if (column < ${columns}u) { quad.x = ${variable}[at]; }
  if (column + 1u < ${columns}u) { quad.y = ${variable}[at + 1u]; }
  if (column + 2u < ${columns}u) { quad.z = ${variable}[at + 2u]; }
  if (column + 3u < ${columns}u) { quad.w = ${variable}[at + 3u]; }
  return quad;
}`;
}
