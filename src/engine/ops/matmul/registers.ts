/**
 * The plain product kernel: an invocation reads its operands straight from memory and holds its tile in registers. Suits
 * software adapters and small products.
 */
import { type KernelCode, OPAQUE_ZERO } from "../define";
import { reader } from "./reader";
import { accumulators, layersOf, multiply, operandsOf, type Product, type Tile, tailOf, writeTile } from "./tile";

/** Invocations of a workgroup along each side. */
const SIDE = 8;

export function registerKernel(p: Product, tile: Tile, a: string, b: string): KernelCode {
  const stored = operandsOf(p);
  const readA = reader("left", a, "offset_0(batch)", stored.a, tile.rows, "row", p.transA);
  const readB = reader("right", b, "offset_1(batch)", stored.b, 4 * tile.quads, "column", !p.transB);
  const loop = multiply(p, tile, { a: readA.quad, b: readB.quad });
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
  ${tailOf(p, tile, readA, readB)}
  ${writeTile(p, tile).join("\n  ")}
  }`,
    workgroup: [SIDE, SIDE, 1],
    grid: [Math.ceil(p.n / (4 * tile.quads * SIDE)), Math.ceil(p.m / (tile.rows * SIDE)), layers],
  };
}
