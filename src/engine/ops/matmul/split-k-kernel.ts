/**
 * The split-k kernel, for few results and many steps (gradients of narrow weights). Several
 * invocations share a tile, each with a part of the steps, so that a whole device has work.
 */
import { type KernelCode, OPAQUE_ZERO, range } from "../define";
import { operandReader } from "./reader";
import { splitsOf } from "./split-k";
import { accumulators, layersOf, multiply, offsetsOf, operandsOf, type Product, type Tile, writeTile } from "./tile";

const SPLIT_K_INVOCATIONS = 64;

/** @param tile one quad wide; `splitsOf` must give at least as many parts as the tile has rows */
export function splitKernel(p: Product, tile: Tile, names: readonly string[]): KernelCode {
  const { sharing, count, length } = splitsOf(p);
  const [term] = p.terms;
  const stored = operandsOf(p, term);
  const [baseA, baseB] = offsetsOf(0);
  const readA = operandReader("left", names[0], baseA, stored.a, tile.rows, "row", term.transA);
  const readB = operandReader("right", names[1], baseB, stored.b, 4, "column", !term.transB);
  const { layers, forEachProduct } = layersOf(p);
  const tiles = SPLIT_K_INVOCATIONS / sharing;
  const across = Math.ceil(p.n / 4);
  const at = (part: string, line: string) => `partial[(${part} * ${tile.rows}u + ${line}) * ${tiles}u + own]`;
  return {
    declarations: `var<workgroup> partial: array<vec4f, ${SPLIT_K_INVOCATIONS * tile.rows}>;`,
    body: `let own = lid.x % ${tiles}u; let part = lid.x / ${tiles}u; let number = wid.x * ${tiles}u + own;
  let column = number % ${across}u * 4u; let row = number / ${across}u * ${tile.rows}u;
  ${forEachProduct} {
  ${[...readA.before, ...readB.before].join("\n  ")}
  ${accumulators(tile)}
  for (var k = part * ${length}u; k < min((part + 1u) * ${length}u, ${term.k}u); k += 4u) {
    ${multiply(term, tile, { a: readA.quad, b: readB.quad }).join("\n    ")}
  }
  ${range(tile.rows)
    .map((line) => `${at("part", `${line}u`)} = acc0_${line};`)
    .join(" ")}
  workgroupBarrier();
  if (part < ${tile.rows}u) {
    let line = part;
    var acc0_0 = vec4f();
    for (var s = ${OPAQUE_ZERO}; s < ${count}u; s++) { acc0_0 += ${at("s", "line")}; }
    let row = row + line;
    ${writeTile(p, { rows: 1, quads: 1 }).join("\n    ")}
  }
  workgroupBarrier();
  }`,
    workgroup: [SPLIT_K_INVOCATIONS, 1, 1],
    grid: [Math.ceil((across * Math.ceil(p.m / tile.rows)) / tiles), 1, layers],
  };
}
