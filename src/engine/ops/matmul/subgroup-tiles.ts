/**
 * The product kernel with subgroups: four neighbouring invocations share their rows of the result.
 * Each reads a quarter of the left operand's numbers and passes them to the others through
 * registers, so that large tiles need few loads.
 */
import { type KernelCode, range } from "../define";
import { operandReader } from "./reader";
import { inFours, splitKLoop } from "./split-k";
import {
  layersOf,
  loopsOf,
  multiply,
  offsetsOf,
  operandsOf,
  type Product,
  type Reads,
  type Tile,
  tailOf,
  writeTile,
} from "./tile";

const QUAD = 4;
/** Quads of a workgroup along each side. */
const [ACROSS, DOWN] = [2, 8];

export function subgroupTileKernel(p: Product, tile: Tile, names: readonly string[]): KernelCode {
  const width = 4 * tile.quads;
  const terms = p.terms.map((term, t) => {
    const { transA, transB } = term;
    const stored = operandsOf(p, term);
    const [baseA, baseB] = offsetsOf(t);
    const readA = (lines: number, at: string, spacing?: number) =>
      operandReader("left", names[2 * t], baseA, stored.a, lines, at, transA, spacing);
    // Each lane reads every fourth of A's rows. Of A's columns, it reads all at one of four steps.
    const share = transA ? readA(tile.rows, "row") : readA(tile.rows / 4, "row + lane", 4);
    const readB = operandReader("right", names[2 * t + 1], baseB, stored.b, width, "column", !transB);
    const shares = range(tile.rows / 4).map((h) => `let share${h} = ${share.quad(h, transA ? "lane" : 0)};`);
    const read: Reads = {
      a: (index, kk) =>
        transA ? `quadBroadcast(share${index}, ${kk}u)` : `quadBroadcast(share${index >> 2}, ${index & 3}u)`,
      b: readB.quad,
    };
    const loops = loopsOf(p, term, tile).map((own) => [...shares, ...multiply(term, tile, read, own)]);
    const whole = readA(tile.rows, "row");
    const tail = tailOf(term, tile, whole, readB);
    return (from: string, to: string) => `{
  ${readB.before.join("\n  ")}
  {
  ${share.before.join("\n  ")}
  ${loops.map((loop) => inFours(term, from, to, loop)).join("\n  ")}
  }
  ${tail && whole.before.join("\n  ")}
  ${tail}
  }`;
  });
  const { layers, forEachProduct } = layersOf(p);
  return {
    needs: "subgroups",
    body: `let lane = lid.x % ${QUAD}u; let quad = lid.x / ${QUAD}u;
  let first = (wid.x * ${ACROSS}u + quad % ${ACROSS}u) * ${QUAD * width}u; let column = first + lane * ${width}u;
  let row = (wid.y * ${DOWN}u + quad / ${ACROSS}u) * ${tile.rows}u;
  // The four invocations of a quad return together.
  if (first >= ${p.n}u || row >= ${p.m}u) { return; }
  ${forEachProduct} {
  ${splitKLoop(p, tile, terms)}
  ${writeTile(p, tile).join("\n  ")}
  }`,
    workgroup: [QUAD * ACROSS * DOWN, 1, 1],
    grid: [Math.ceil(p.n / (width * QUAD * ACROSS)), Math.ceil(p.m / (tile.rows * DOWN)), layers],
  };
}
