/**
 * The kernel for graphics cards. A workgroup owns 32 rows. Its 8 × 8 invocations first compute the
 * tile's values into workgroup memory, one quad of walked rows each. Then they compute the sums,
 * every eighth quad of columns each.
 */
import { gridOf, type KernelCode, loop, OPAQUE_ZERO, pick, range } from "../define";
import { addedLine, four, highestOf, LOWEST, QUADS, sumOfQuad, TILE, type Walk } from "./walk";

const ATTENTION_SIDE = QUADS;
const OWN = 4 * ATTENTION_SIDE;

export function attentionSharedKernel(walk: Walk): KernelCode {
  const { own, walkedRows, before, values, isSoftmax, added, width } = walk;
  const quads = width / 4;
  const tiles = Math.ceil(own.rows / OWN);
  const grid = gridOf(tiles * own.batches, 1);
  const columns = range(Math.ceil(quads / ATTENTION_SIDE));
  const place = (i: number, t: string) => `(4u * lid.y + ${i}u) * ${ATTENTION_SIDE}u + ${t}`;
  const perRow = (text: (i: number) => string) => four.map(text).join("\n    ");
  const softmax = `${perRow((i) => `highest[${place(i, "t")}] = ${highestOf(`value_${i}`)};`)}
    workgroupBarrier();
    ${perRow((i) => `var higher_${i} = most_${i};`)}
    ${loop("u32", "j", ATTENTION_SIDE)} { ${perRow((i) => `higher_${i} = max(higher_${i}, highest[${place(i, "j")}]);`)} }
    ${perRow((i) => {
      const sums = [`total_${i}`, ...columns.map((q) => `sum${q}_${i}`)];
      return `{ let factor = exp(most_${i} - higher_${i}); ${sums.map((sum) => `${sum} *= factor;`).join(" ")} }
    most_${i} = higher_${i};`;
    })}`;
  const terms = columns.flatMap((q) => [
    ...four.map(
      (j) => `let z${j}_${q} = ${added}[${addedLine(walk, j)} + min(lid.x + ${q * ATTENTION_SIDE}u, ${quads - 1}u)];`,
    ),
    ...four.flatMap((j) => four.map((i) => `sum${q}_${i} = fma(vec4f(w${i}[${j}]), z${j}_${q}, sum${q}_${i});`)),
  ]);
  const results = columns.map((q) => {
    const sums = four.map((i) => (isSoftmax ? `sum${q}_${i} / total_${i}` : `sum${q}_${i}`));
    const at = `lid.x + ${q * ATTENTION_SIDE}u`;
    return `if (${at} < ${quads}u) { write((batch * ${own.rows}u + row + i) * ${quads}u + ${at}, ${pick("i", sums)}); }`;
  });
  return {
    declarations: `var<workgroup> share: array<vec4f, ${OWN * ATTENTION_SIDE}>;
${isSoftmax ? `var<workgroup> highest: array<f32, ${OWN * ATTENTION_SIDE}>;` : ""}`,
    body: `let group = wid.x + wid.y * ${grid[0]}u;
  if (group >= ${tiles * own.batches}u) { return; }
  let batch = group / ${tiles}u; let row = (group % ${tiles}u) * ${OWN}u + 4u * lid.y;
  ${columns.map((q) => four.map((i) => `var sum${q}_${i} = vec4f();`).join(" ")).join("\n  ")}
  ${isSoftmax ? perRow((i) => `var most_${i} = ${LOWEST}; var total_${i} = 0.0;`) : ""}
  ${before}
  for (var first = ${OPAQUE_ZERO}; first < ${walkedRows}u; first += ${TILE}u) {
    let t = lid.x;
    ${values}
    ${isSoftmax ? softmax : ""}
    ${perRow((i) => `share[${place(i, "t")}] = ${isSoftmax ? `exp(value_${i} - higher_${i})` : `value_${i}`};`)}
    workgroupBarrier();
    ${loop("u32", "t", ATTENTION_SIDE)} {
      ${perRow((i) => `let w${i} = share[${place(i, "t")}]; ${isSoftmax ? `total_${i} += ${sumOfQuad(`w${i}`)};` : ""}`)}
      ${terms.join("\n      ")}
    }
    workgroupBarrier();
  }
  ${loop("u32", "i", 4)} {
    if (row + i >= ${own.rows}u) { break; }
    ${results.join("\n    ")}
  }`,
    workgroup: [ATTENTION_SIDE, ATTENTION_SIDE, 1],
    grid,
  };
}
