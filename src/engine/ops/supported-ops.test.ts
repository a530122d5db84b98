/**
 * SUPPORTED-OPS.md is printed from the registry: `npx vitest run --project unit supported-ops -u`
 * writes it anew.
 */
import { expect, test } from "vitest";
import { onnxReaders, ops } from "./index";

test("SUPPORTED-OPS.md lists what the registry holds", async () => {
  const own = [...ops.values()].filter((def) => Object.keys(def.onnx).length === 0).map((def) => `\`${def.type}\``);
  const text = `# Operators

Printed from the registry (\`src/engine/ops\`) by its test; do not edit.

## ONNX operators that are read

The tests try opsets 9 to 23, in the default domain and in \`com.microsoft\`. Radapt also reads
\`Constant\`, \`If\` with a condition that the shapes decide, the products of 8-bit files
(\`MatMulInteger\`, \`ConvInteger\`, \`QLinearMatMul\`, \`QLinearConv\`, \`QAttention\`,
\`DynamicQuantizeMatMul\`, \`MatMulIntegerToFloat\`), and every function that a model defines.

${[...onnxReaders.keys()]
  .sort()
  .map((name) => `- \`${name}\``)
  .join("\n")}

## Radapt's own, for gradients and fusion

${own
  .sort()
  .map((name) => `- ${name}`)
  .join("\n")}
`;
  await expect(text).toMatchFileSnapshot("../../../SUPPORTED-OPS.md");
});
