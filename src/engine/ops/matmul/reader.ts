/** How a product's kernel reads an operand straight from memory. */
import { range } from "../define";
import { lanes, type Stored } from "./operand";

export interface OperandReader {
  /**
   * Statements before the loop: where the tile's lines start. Lines beyond the matrix read its last
   * one.
   */
  before: string[];
  /**
   * Four neighbours along a row: of line `index` from column k on. Across rows: columns 4·index on
   * in row k + kk.
   */
  quad: (index: number, kk: number | string) => string;
  /** One number: of line `index` in column k, or of column `index` in row k. */
  one: (index: number) => string;
}

/**
 * Reads an operand along its tile's lines.
 *
 * @param at position of the tile's first line
 * @param across whether the lines are columns, the steps of k rows
 * @param spacing rows from one line to the next
 */
export function operandReader(
  name: "left" | "right",
  variable: string,
  base: string,
  { rows, columns, wide }: Stored,
  lines: number,
  at: string,
  across: boolean,
  spacing = 1,
): OperandReader {
  const before: string[] = [];
  const unit = wide ? 4 : 1;
  const line = (i: number) => `${name}Line${i}`;
  if (!across) {
    for (const i of range(lines))
      before.push(`let ${line(i)} = ${base} + min(${at} + ${i * spacing}u, ${rows - 1}u) * ${columns / unit}u;`);
    return {
      before,
      quad: (i) =>
        wide
          ? `${variable}[${line(i)} + k / 4u]`
          : `vec4f(${range(4)
              .map((j) => `${variable}[${line(i)} + k + ${j}u]`)
              .join(", ")})`,
      one: (i) => (wide ? `${variable}[${line(i)} + k / 4u][k % 4u]` : `${variable}[${line(i)} + k]`),
    };
  }
  const step = (kk: number | string) => `(k + ${typeof kk === "number" ? `${kk}u` : kk}) * ${columns / unit}u`;
  if (wide) {
    for (const h of range(lines / 4))
      before.push(`let ${line(h)} = ${base} + min(${at} / 4u + ${h}u, ${columns / 4 - 1}u);`);
    const quad = (h: number, kk: number | string) => `${variable}[${line(h)} + ${step(kk)}]`;
    return { before, quad, one: (i) => `${quad(i >> 2, 0)}.${lanes[i & 3]}` };
  }
  for (const i of range(lines)) before.push(`let ${line(i)} = ${base} + min(${at} + ${i}u, ${columns - 1}u);`);
  const one = (i: number, kk: number | string = 0) => `${variable}[${line(i)} + ${step(kk)}]`;
  const quad = (h: number, kk: number | string) =>
    `vec4f(${range(4)
      .map((j) => one(4 * h + j, kk))
      .join(", ")})`;
  return { before, quad, one };
}
