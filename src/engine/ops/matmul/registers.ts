/**
 * The plain product kernel: an invocation reads its operands straight from memory and holds its tile in registers. Suits
 * software adapters and small products.
 */
import { type KernelCode, OPAQUE_ZERO } from "../define";
import {
  accumulators,
  grow,
  lanes,
  layersOf,
  multiply,
  operandsOf,
  type Product,
  range,
  type Stored,
  type Tile,
  writeTile,
} from "./tile";

/** Invocations of a workgroup along each side. */
const SIDE = 8;

interface Reader {
  /** Statements before the loop: where the tile's lines start, those beyond the matrix moved to its last one. */
  before: string[];
  /** Four neighbours along a row: of row `index` from column k on, or, across rows, of columns 4·index on in row k + kk. */
  quad: (index: number, kk: number) => string;
  /** One number: of row `index` in column k, or of column `index` in row k. */
  one: (index: number) => string;
}

/**
 * Reads an operand along its tile's lines.
 *
 * @param at position of the tile's first line
 * @param across whether the lines are columns, the steps of k rows
 */
function reader(
  name: "left" | "right",
  variable: string,
  base: string,
  { rows, columns, wide }: Stored,
  lines: number,
  at: string,
  across: boolean,
): Reader {
  const before: string[] = [];
  const unit = wide ? 4 : 1;
  const line = (i: number) => `${name}Line${i}`;
  if (!across) {
    for (const i of range(lines))
      before.push(`let ${line(i)} = ${base} + min(${at} + ${i}u, ${rows - 1}u) * ${columns / unit}u;`);
    return {
      before,
      quad: (i) =>
        wide
          ? `${variable}[${line(i)} + k / 4u]`
          : `vec4f(${range(4)
              .map((j) => `${variable}[${line(i)} + k + ${j}u]`)
              .join(", ")})`,
      one: (i) => (wide ? `${variable}[${line(i)} + k / 4u][k % 4u]` : `${variable}[${line(i)} + k]`),
    };
  }
  const step = (kk: number) => `(k + ${kk}u) * ${columns / unit}u`;
  if (wide) {
    for (const h of range(lines / 4))
      before.push(`let ${line(h)} = ${base} + min(${at} / 4u + ${h}u, ${columns / 4 - 1}u);`);
    const quad = (h: number, kk: number) => `${variable}[${line(h)} + ${step(kk)}]`;
    return { before, quad, one: (i) => `${quad(i >> 2, 0)}.${lanes[i & 3]}` };
  }
  for (const i of range(lines)) before.push(`let ${line(i)} = ${base} + min(${at} + ${i}u, ${columns - 1}u);`);
  const one = (i: number, kk = 0) => `${variable}[${line(i)} + ${step(kk)}]`;
  const quad = (h: number, kk: number) =>
    `vec4f(${range(4)
      .map((j) => one(4 * h + j, kk))
      .join(", ")})`;
  return { before, quad, one };
}

export function registerKernel(p: Product, tile: Tile, a: string, b: string): KernelCode {
  const stored = operandsOf(p);
  const readA = reader("left", a, "offset_0(batch)", stored.a, tile.rows, "row", p.transA);
  const readB = reader("right", b, "offset_1(batch)", stored.b, 4 * tile.quads, "column", !p.transB);
  const loop = multiply(p, tile, { a: readA.quad, b: readB.quad });
  const rest: string[] = [];
  for (const q of range(tile.quads)) {
    const quad = range(4).map((j) => readB.one(4 * q + j));
    rest.push(`let t${q} = ${p.transB ? `vec4f(${quad.join(", ")})` : readB.quad(q, 0)};`);
    for (const i of range(tile.rows)) rest.push(grow(q, i, readA.one(i), `t${q}`));
  }
  const even = p.k - (p.k % 4);
  const { layers, forEachProduct } = layersOf(p);
  return {
    body: `let column = gid.x * ${4 * tile.quads}u; let row = gid.y * ${tile.rows}u;
  if (column >= ${p.n}u || row >= ${p.m}u) { return; }
  ${forEachProduct} {
  ${[...readA.before, ...readB.before].join("\n  ")}
  ${accumulators(tile)}
  for (var k = ${OPAQUE_ZERO}; k < ${even}u; k += 4u) {
    ${loop.join("\n    ")}
  }
  ${even < p.k ? `for (var k = ${even}u + ${OPAQUE_ZERO}; k < ${p.k}u; k++) {\n    ${rest.join("\n    ")}\n  }` : ""}
  ${writeTile(p, tile).join("\n  ")}
  }`,
    workgroup: [SIDE, SIDE, 1],
    grid: [Math.ceil(p.n / (4 * tile.quads * SIDE)), Math.ceil(p.m / (tile.rows * SIDE)), layers],
  };
}
