/**
 * The plain product kernel: an invocation reads its operands straight from memory and holds its tile in registers. Suits
 * software adapters and small products.
 */
import { type KernelCode, OPAQUE_ZERO } from "../define";
import { reader } from "./reader";
import { accumulators, layersOf, multiply, operandsOf, type Product, type Tile, tailOf, writeTile } from "./tile";

/** Workgroups below which their size is halved, so that every core has one. */
const FEW = 4;

/**
 * Invocations of a workgroup across and down: 8 × 8, or longer along the side where a narrow result has tiles, so that few of them
 * are idle; half as many where there is little to do.
 */
function sides(p: Product, { rows, quads }: Tile): [across: number, down: number] {
  let [across, down] = [8, 8];
  const [columns, lines] = [Math.ceil(p.n / (4 * quads)), Math.ceil(p.m / rows)];
  while (across > 1 && columns <= across / 2) [across, down] = [across / 2, down * 2];
  while (down > 1 && lines <= down / 2) [across, down] = [across * 2, down / 2];
  if (Math.ceil(columns / across) * Math.ceil(lines / down) * p.batches >= FEW) return [across, down];
  return across > down ? [across / 2, down] : [across, down / 2];
}

export function registerKernel(p: Product, tile: Tile, a: string, b: string): KernelCode {
  const stored = operandsOf(p);
  const readA = reader("left", a, "offset_0(batch)", stored.a, tile.rows, "row", p.transA);
  const readB = reader("right", b, "offset_1(batch)", stored.b, 4 * tile.quads, "column", !p.transB);
  const loop = multiply(p, tile, { a: readA.quad, b: readB.quad });
  const even = p.k - (p.k % 4);
  const { layers, forEachProduct } = layersOf(p);
  const [across, down] = sides(p, tile);
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
    workgroup: [across, down, 1],
    grid: [Math.ceil(p.n / (4 * tile.quads * across)), Math.ceil(p.m / (tile.rows * down)), layers],
  };
}
