/**
 * Prints a graph as text, one value per line: `%12 = MatMul(%3, %8) {transB: 1} : [8, 64]
 * layers.0.mlp.fc1`.
 */
import { topological, type Value } from "./value";

export function printGraph(outputs: readonly Value[]): string {
  const order = topological(outputs);
  const label = new Map(order.map((v, i) => [v, `%${i}`]));
  const line = (v: Value) => {
    const attrs = Object.entries(v.attrs).map(([k, a]) => `${k}: ${Array.isArray(a) ? `[${a.join(" ")}]` : a}`);
    const args = v.inputs.map((i) => label.get(i)).join(", ");
    return `${label.get(v)} = ${v.op}(${args || (v.name ?? "")})${attrs.length ? ` {${attrs.join(", ")}}` : ""} : [${v.shape.join(", ")}] ${v.scope}`.trimEnd();
  };
  return `${order.map(line).join("\n")}\nreturn ${outputs.map((o) => label.get(o)).join(", ")}\n`;
}
