/**
 * The kernel for software adapters. One invocation owns four rows and all columns of their sums,
 * and waits for no other.
 */
import { gridOf, type KernelCode, linearIndex, loop, OPAQUE_ZERO, pick, range } from "../define";
import { addedLine, four, highestOf, LOWEST, QUADS, sumOfQuad, TILE, type Walk } from "./walk";

const SIZE = 64;

export function attentionRegisterKernel(walk: Walk): KernelCode {
  const { own, walkedRows, before, values, isSoftmax, added, width } = walk;
  const quads = width / 4;
  const tiles = Math.ceil(own.rows / 4);
  /** Quads of columns that are added up at once. */
  const columns = range(quads % 2 === 0 ? 2 : 1);
  const perRow = (text: (i: number) => string) => four.map(text).join("\n    ");
  const sum = (i: number, q: number) => `sums[${i * quads + q}u + c]`;
  const softmax = `${perRow((i) => `let factor_${i} = exp(most_${i} - higher_${i}); total_${i} *= factor_${i}; most_${i} = higher_${i};`)}
    ${loop("u32", "c", quads)} { ${perRow((i) => `${sum(i, 0)} *= factor_${i};`)} }
    ${loop("u32", "t", QUADS)} { ${perRow((i) => `{ let w = exp(weights[4u * t + ${i}u] - higher_${i}); total_${i} += ${sumOfQuad("w")}; weights[4u * t + ${i}u] = w; }`)} }`;
  const results = four.map((i) => (isSoftmax ? `${sum(i, 0)} / total_${i}` : sum(i, 0)));
  return {
    body: `${linearIndex(tiles * own.batches, SIZE)}
  let batch = i / ${tiles}u; let row = 4u * (i % ${tiles}u);
  var sums: array<vec4f, ${4 * quads}>;
  var weights: array<vec4f, ${TILE}>;
  ${isSoftmax ? perRow((i) => `var most_${i} = ${LOWEST}; var total_${i} = 0.0;`) : ""}
  ${before}
  for (var first = ${OPAQUE_ZERO}; first < ${walkedRows}u; first += ${TILE}u) {
    ${isSoftmax ? perRow((i) => `var higher_${i} = most_${i};`) : ""}
    ${loop("u32", "t", QUADS)} {
      ${values}
      ${perRow((i) => `weights[4u * t + ${i}u] = value_${i}; ${isSoftmax ? `higher_${i} = max(higher_${i}, ${highestOf(`value_${i}`)});` : ""}`)}
    }
    ${isSoftmax ? softmax : ""}
    for (var c = ${OPAQUE_ZERO}; c < ${quads}u; c += ${columns.length}u) {
      ${columns.map((q) => perRow((i) => `var sum${q}_${i} = ${sum(i, q)};`)).join("\n    ")}
      ${loop("u32", "t", QUADS)} {
        ${perRow((i) => `let w${i} = weights[4u * t + ${i}u];`)}
        ${columns.map((q) => four.map((j) => `let z${j}_${q} = ${added}[${addedLine(walk, j)} + c + ${q}u];`).join(" ")).join("\n    ")}
        ${columns.map((q) => four.map((j) => perRow((i) => `sum${q}_${i} = fma(vec4f(w${i}[${j}]), z${j}_${q}, sum${q}_${i});`)).join("\n    ")).join("\n    ")}
      }
      ${columns.map((q) => perRow((i) => `${sum(i, q)} = sum${q}_${i};`)).join("\n    ")}
    }
  }
  ${loop("u32", "r", 4)} {
    if (row + r >= ${own.rows}u) { break; }
    ${loop("u32", "c", quads)} { write((batch * ${own.rows}u + row + r) * ${quads}u + c, ${pick("r", results)}); }
  }`,
    workgroup: [SIZE, 1, 1],
    grid: gridOf(tiles * own.batches, SIZE),
  };
}
