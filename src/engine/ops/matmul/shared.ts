/**
 * The product kernel for graphics cards: a workgroup copies strips of both operands into its own memory, from which each of
 * its 64 invocations reads; every number is fetched from the device's memory once a workgroup.
 */
import { type KernelCode, OPAQUE_ZERO, range } from "../define";
import { accumulators, layersOf, multiply, operandsOf, type Product, type Stored, type Tile, writeTile } from "./tile";

const SIDE = 8;
/** Steps of k that a strip holds. */
const DEPTH = 16;

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

/** One operand's strip: `lines` rows or columns of the result by DEPTH steps, quads along the operand's own rows. */
function strip(name: string, base: string, lines: number, first: string, across: boolean) {
  const perRow = across ? lines / 4 : DEPTH / 4;
  const quads = (lines * DEPTH) / 4;
  const [along, down] = [`4u * (s % ${perRow}u)`, `s / ${perRow}u`];
  const place = across ? `k + ${down}, ${first} + ${along}` : `${first} + ${down}, k + ${along}`;
  return {
    declaration: `var<workgroup> strip${name}: array<vec4f, ${quads}>;`,
    fill: `for (var s = lid.y * ${SIDE}u + lid.x; s < ${quads}u; s += ${SIDE * SIDE}u) { strip${name}[s] = read${name}(${base}, ${place}); }`,
    /** As `Reads` asks for, at steps 4·`step` on: `own` is the invocation's first line within the strip. */
    read: (own: string) => (index: number, kk: number) =>
      across
        ? `strip${name}[(4u * step + ${kk}u) * ${perRow}u + ${own} / 4u + ${index}u]`
        : `strip${name}[(${own} + ${index}u) * ${perRow}u + step]`,
  };
}

export function sharedKernel(p: Product, tile: Tile, a: string, b: string): KernelCode {
  const stored = operandsOf(p);
  const [height, width] = [SIDE * tile.rows, SIDE * 4 * tile.quads];
  const stripA = strip("A", "baseA", height, "firstRow", p.transA);
  const stripB = strip("B", "baseB", width, "firstColumn", !p.transB);
  const { layers, forEachProduct } = layersOf(p);
  const four = multiply(p, tile, { a: stripA.read("ownRow"), b: stripB.read("ownColumn") });
  return {
    declarations: [
      quadReader("readA", a, stored.a),
      quadReader("readB", b, stored.b),
      stripA.declaration,
      stripB.declaration,
    ].join("\n"),
    body: `let firstRow = wid.y * ${height}u; let firstColumn = wid.x * ${width}u;
  let ownRow = lid.y * ${tile.rows}u; let ownColumn = lid.x * ${4 * tile.quads}u;
  let row = firstRow + ownRow; let column = firstColumn + ownColumn;
  ${forEachProduct} {
  let baseA = offset_0(batch); let baseB = offset_1(batch);
  ${accumulators(tile)}
  for (var k = ${OPAQUE_ZERO}; k < ${p.k}u; k += ${DEPTH}u) {
    ${stripA.fill}
    ${stripB.fill}
    workgroupBarrier();
    for (var step = 0u; step < ${DEPTH / 4}u; step++) {
      ${four.join("\n      ")}
    }
    workgroupBarrier();
  }
  ${writeTile(p, tile).join("\n  ")}
  }`,
    workgroup: [SIDE, SIDE, 1],
    grid: [Math.ceil(p.n / width), Math.ceil(p.m / height), layers],
  };
}
