/**
 * The plain product kernel. One invocation reads its operands straight from memory and holds its
 * tile in registers. It suits software adapters and small products.
 */
import type { KernelCode } from "../define";
import { operandReader } from "./reader";
import { inFours, splitKLoop } from "./split-k";
import { layersOf, loopsOf, multiply, offsetsOf, operandsOf, type Product, type Tile, tailOf, writeTile } from "./tile";

/** With fewer workgroups than this the kernel halves their size, so that every core has one. */
const FEW = 4;

/**
 * Invocations of a workgroup across and down: 8 × 8, or longer along the side where a narrow result
 * has tiles, so that few are idle; half as many for a small result.
 */
function sides(p: Product, { rows, quads }: Tile): [across: number, down: number] {
  let [across, down] = [8, 8];
  const [columns, lines] = [Math.ceil(p.n / (4 * quads)), Math.ceil(p.m / rows)];
  while (across > 1 && columns <= across / 2) [across, down] = [across / 2, down * 2];
  while (down > 1 && lines <= down / 2) [across, down] = [across * 2, down / 2];
  if (Math.ceil(columns / across) * Math.ceil(lines / down) * p.batches >= FEW) return [across, down];
  return across > down ? [across / 2, down] : [across, down / 2];
}

export function registerKernel(p: Product, tile: Tile, names: readonly string[]): KernelCode {
  const terms = p.terms.map((term, t) => {
    const stored = operandsOf(p, term);
    const [baseA, baseB] = offsetsOf(t);
    const readA = operandReader("left", names[2 * t], baseA, stored.a, tile.rows, "row", term.transA);
    const readB = operandReader("right", names[2 * t + 1], baseB, stored.b, 4 * tile.quads, "column", !term.transB);
    const loops = loopsOf(p, term, tile).map((own) => multiply(term, tile, { a: readA.quad, b: readB.quad }, own));
    return (from: string, to: string) => `{
  ${[...readA.before, ...readB.before].join("\n  ")}
  ${loops.map((loop) => inFours(term, from, to, loop)).join("\n  ")}
  ${tailOf(term, tile, readA, readB)}
  }`;
  });
  const { layers, forEachProduct } = layersOf(p);
  const [across, down] = sides(p, tile);
  return {
    body: `let column = gid.x * ${4 * tile.quads}u; let row = gid.y * ${tile.rows}u;
  if (column >= ${p.n}u || row >= ${p.m}u) { return; }
  ${forEachProduct} {
  ${splitKLoop(p, tile, terms)}
  ${writeTile(p, tile).join("\n  ")}
  }`,
    workgroup: [across, down, 1],
    grid: [Math.ceil(p.n / (4 * tile.quads * across)), Math.ceil(p.m / (tile.rows * down)), layers],
  };
}
