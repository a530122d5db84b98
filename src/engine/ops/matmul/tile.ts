/**
 * What all kernels of a matrix product share: the tile of results that one invocation holds in
 * registers, and how terms are added to it. Every kernel adds an element's terms in the order of k
 * by one `fma` each, one product after the other and one split after the other (`split-k.ts`). So
 * all give the same bits.
 */
import { loop, MAX_FUSED_KERNELS, OPAQUE_ZERO, pick, range } from "../define";
import { lanes, type Stored } from "./operand";
import type { OperandReader } from "./reader";

/** One of the products whose sum a kernel computes, M×K times K×N. */
export interface Term {
  k: number;
  transA: boolean;
  transB: boolean;
}

export interface Product {
  m: number;
  n: number;
  terms: readonly Term[];
  /**
   * Number of matrices. The WGSL functions `offset_0(batch)`, `offset_1(batch)`, … give where each
   * operand's matrix starts.
   */
  batches: number;
}

/** Results of one invocation: `rows` (a multiple of 4) × 4·`quads` columns. */
export interface Tile {
  rows: number;
  quads: number;
}

export function operandsOf({ m, n }: Product, { k, transA, transB }: Term): { a: Stored; b: Stored } {
  const stored = (rows: number, columns: number): Stored => ({ rows, columns, wide: columns % 4 === 0 });
  return { a: transA ? stored(k, m) : stored(m, k), b: transB ? stored(n, k) : stored(k, n) };
}

/** WGSL of where a term's matrices start. */
export const offsetsOf = (index: number): [a: string, b: string] => [
  `offset_${2 * index}(batch)`,
  `offset_${2 * index + 1}(batch)`,
];

/** Declares the tile's accumulators and sets them to zero. */
export const accumulators = ({ rows, quads }: Tile) =>
  range(quads)
    .map((q) =>
      range(rows)
        .map((i) => `var acc${q}_${i} = vec4f();`)
        .join(" "),
    )
    .join("\n  ");

/** WGSL (vec4f) that reads the next four terms of each element. */
export interface Reads {
  /** A transposed: rows 4h to 4h + 3 of the tile at step kk. Else: row i at four steps. */
  a: (index: number, kk: number) => string;
  /** B transposed: column j of the tile at four steps. Else: columns 4q to 4q + 3 at step kk. */
  b: (index: number, kk: number) => string;
}

/** A product with at most so many steps is small beside the others of its sum. */
const FEW_STEPS = 32;

/**
 * The quads of columns that share one loop, loop by loop. Columns read along k need the most
 * registers. Where a short product reads them so beside other products, each quad gets its own
 * loop, because compilers would otherwise spill registers in the main product's loop too.
 */
export const loopsOf = ({ terms }: Product, { k, transB }: Term, { quads }: Tile): number[][] =>
  transB && terms.length > 1 && k <= FEW_STEPS ? range(quads).map((q) => [q]) : [range(quads)];

/** Adds four terms to each element of the tile, or of some of its quads of columns. */
export function multiply({ transA, transB }: Term, { rows, quads }: Tile, read: Reads, own = range(quads)): string[] {
  const steps: string[] = [];
  const four = range(4);
  if (transA)
    for (const kk of four) for (const h of range(rows / 4)) steps.push(`let left${kk}_${h} = ${read.a(h, kk)};`);
  else for (const i of range(rows)) steps.push(`let left${i} = ${read.a(i, 0)};`);
  const left = (i: number, kk: number) => (transA ? `left${kk}_${i >> 2}.${lanes[i & 3]}` : `left${i}.${lanes[kk]}`);
  for (const q of own) {
    if (transB) {
      for (const j of four) steps.push(`let right${q}_${j} = ${read.b(4 * q + j, 0)};`);
      for (const kk of four)
        steps.push(`let t${q}_${kk} = vec4f(${four.map((j) => `right${q}_${j}.${lanes[kk]}`).join(", ")});`);
    } else for (const kk of four) steps.push(`let t${q}_${kk} = ${read.b(q, kk)};`);
    for (const kk of four) for (const i of range(rows)) steps.push(grow(q, i, left(i, kk), `t${q}_${kk}`));
  }
  return steps;
}

/** One more term of row i in quad q. */
const grow = (q: number, i: number, left: string, right: string) =>
  `acc${q}_${i} = fma(vec4f(${left}), ${right}, acc${q}_${i});`;

/** The remaining steps of k after the fours, read one by one; "" where there are none. */
export function tailOf({ k, transB }: Term, { rows, quads }: Tile, readA: OperandReader, readB: OperandReader): string {
  const even = k - (k % 4);
  if (even === k) return "";
  const steps: string[] = [];
  for (const q of range(quads)) {
    const quad = range(4).map((j) => readB.one(4 * q + j));
    steps.push(`let t${q} = ${transB ? `vec4f(${quad.join(", ")})` : readB.quad(q, 0)};`);
    for (const i of range(rows)) steps.push(grow(q, i, readA.one(i), `t${q}`));
  }
  return `for (var k = ${even}u + ${OPAQUE_ZERO}; k < ${k}u; k++) {\n    ${steps.join("\n    ")}\n  }`;
}

/**
 * Writes the part of the tile at `row` and `column` that lies within the result. No compiler
 * unrolls its loop, so that the epilogue (GELU, say) appears once in the kernel's code.
 */
export function writeTile({ m, n }: Product, { rows, quads }: Tile): string[] {
  const writes = range(quads).map((q) => {
    const value = pick(
      "i",
      range(rows).map((i) => `acc${q}_${i}`),
    );
    const at = `column + ${4 * q}u`;
    if (n % 4 === 0) return `if (${at} < ${n}u) { write((start + ${at}) / 4u, ${value}); }`;
    return `let value${q} = ${value};
    if (${at} + 3u < ${n}u) { ${lanes.map((lane, j) => `write(start + ${at} + ${j}u, value${q}.${lane});`).join(" ")} }
    else { for (var j = ${OPAQUE_ZERO}; j < 4u && ${at} + j < ${n}u; j++) { write(start + ${at} + j, value${q}[j]); } }`;
  });
  return [
    `${loop("u32", "i", rows)} {`,
    `  if (row + i >= ${m}u) { break; }`,
    `  let start = (batch * ${m}u + row + i) * ${n}u;`,
    ...writes,
    "}",
  ];
}

/** The share of one fused kernel in WebGPU's guaranteed maxComputeWorkgroupsPerDimension. */
const MAX_LAYERS = Math.floor(65_535 / MAX_FUSED_KERNELS);

/**
 * The grid's third dimension, and the loop over the products that one layer of the grid computes.
 */
export function layersOf({ batches }: Product): { layers: number; forEachProduct: string } {
  const layers = Math.min(batches, MAX_LAYERS);
  const forEachProduct =
    batches > layers ? `for (var batch = wid.z; batch < ${batches}u; batch += ${layers}u)` : "let batch = wid.z;";
  return { layers, forEachProduct };
}
