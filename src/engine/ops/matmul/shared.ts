/**
 * The product kernel for graphics cards. A workgroup copies strips of both operands into its
 * memory, and its 64 invocations read from there. Each workgroup fetches every number once.
 */
import { type KernelCode, range } from "../define";
import type { Stored } from "./operand";
import { DEPTH, splitKLoop } from "./split-k";
import { layersOf, multiply, offsetsOf, operandsOf, type Product, type Tile, writeTile } from "./tile";

const SIDE = 8;

/** WGSL function that reads four neighbours of a row, zeros beyond the matrix. */
function quadReader(name: string, variable: string, { rows, columns, wide }: Stored): string {
  const head = `fn ${name}(base: u32, row: u32, column: u32) -> vec4f {`;
  if (wide) {
    return `${head}
  if (row >= ${rows}u || column >= ${columns}u) { return vec4f(); }
  return ${variable}[base + row * ${columns / 4}u + column / 4u];
}`;
  }
  return `${head}
  var quad = vec4f();
  if (row >= ${rows}u) { return quad; }
  let at = base + row * ${columns}u + column;
  ${range(4)
    .map((j) => `if (column + ${j}u < ${columns}u) { quad[${j}] = ${variable}[at + ${j}u]; }`)
    .join("\n  ")}
  return quad;
}`;
}

/** A strip's quads: `lines` rows or columns of the result by DEPTH steps. */
const quadsOf = (lines: number) => (lines * DEPTH) / 4;

/**
 * One operand's strip, quads along the operand's own rows.
 *
 * @param memory the workgroup's variable
 * @param read WGSL function that reads a quad of the operand
 */
function strip(memory: string, read: string, base: string, lines: number, first: string, across: boolean) {
  const perRow = across ? lines / 4 : DEPTH / 4;
  const [along, down] = [`4u * (s % ${perRow}u)`, `s / ${perRow}u`];
  const place = across ? `k + ${down}, ${first} + ${along}` : `${first} + ${down}, k + ${along}`;
  return {
    fill: `for (var s = lid.y * ${SIDE}u + lid.x; s < ${quadsOf(lines)}u; s += ${SIDE * SIDE}u) { ${memory}[s] = ${read}(${base}, ${place}); }`,
    /**
     * As in `Reads`, at steps 4·`step` and following. `own` is the invocation's first line within
     * the strip.
     */
    read: (own: string) => (index: number, kk: number) =>
      across
        ? `${memory}[(4u * step + ${kk}u) * ${perRow}u + ${own} / 4u + ${index}u]`
        : `${memory}[(${own} + ${index}u) * ${perRow}u + step]`,
  };
}

export function sharedKernel(p: Product, tile: Tile, names: readonly string[]): KernelCode {
  const [height, width] = [SIDE * tile.rows, SIDE * 4 * tile.quads];
  const { layers, forEachProduct } = layersOf(p);
  const readers: string[] = [];
  const terms = p.terms.map((term, t) => {
    const stored = operandsOf(p, term);
    const [baseA, baseB] = offsetsOf(t);
    readers.push(quadReader(`readA${t}`, names[2 * t], stored.a), quadReader(`readB${t}`, names[2 * t + 1], stored.b));
    const stripA = strip("stripA", `readA${t}`, "baseA", height, "firstRow", term.transA);
    const stripB = strip("stripB", `readB${t}`, "baseB", width, "firstColumn", !term.transB);
    return (from: string, to: string) => `{
  let baseA = ${baseA}; let baseB = ${baseB};
  for (var k = ${from}; k < ${to}; k += ${DEPTH}u) {
    ${stripA.fill}
    ${stripB.fill}
    workgroupBarrier();
    for (var step = 0u; step < ${DEPTH / 4}u; step++) {
      ${multiply(term, tile, { a: stripA.read("ownRow"), b: stripB.read("ownColumn") }).join("\n      ")}
    }
    workgroupBarrier();
  }
  }`;
  });
  return {
    declarations: [
      ...readers,
      `var<workgroup> stripA: array<vec4f, ${quadsOf(height)}>;`,
      `var<workgroup> stripB: array<vec4f, ${quadsOf(width)}>;`,
    ].join("\n"),
    body: `let firstRow = wid.y * ${height}u; let firstColumn = wid.x * ${width}u;
  let ownRow = lid.y * ${tile.rows}u; let ownColumn = lid.x * ${4 * tile.quads}u;
  let row = firstRow + ownRow; let column = firstColumn + ownColumn;
  ${forEachProduct} {
  ${splitKLoop(p, tile, terms)}
  ${writeTile(p, tile).join("\n  ")}
  }`,
    workgroup: [SIDE, SIDE, 1],
    grid: [Math.ceil(p.n / width), Math.ceil(p.m / height), layers],
  };
}
