/** The WGSL of chains of elementwise operators: one expression a member, four elements at a time where possible. */
import { assert } from "../../base/error";
import type { Value } from "../ir/value";
import { opDef } from "../ops";
import { gridOf, type KernelSource, linearIndex } from "../ops/define";
import { literal } from "../ops/elementwise";
import { sizeOf } from "../tensor";
import { accessesOf, offsetFunction } from "./access";
import { chainReads, type Group, isInlineScalar, last, sameRead, storageRoot } from "./groups";

interface ChainCode {
  types: ("f32" | "vec4f")[];
  declarations: string;
  /** Statements for the element or quad `i`. */
  lines: string[];
  /** Variable of the result. */
  result: string;
}

/** @param names variables of the chain's inputs; the head's result is the variable `head` */
function chainCode(group: Group, names: readonly string[], wide: boolean): ChainCode {
  const { head, chain } = group;
  const reads = chainReads(group);
  const accesses = accessesOf(reads, wide);
  assert(accesses, "a chain of elementwise operators reads what it cannot");
  const expression = new Map<Value, string>();
  if (head) expression.set(head, "head");
  const lines = reads.map((_, k) => `let x${k} = ${accesses[k].code(names[k], k)};`);
  const operand = (value: Value, { shape }: Value) => {
    if (isInlineScalar(value)) return literal(value.data!.data[0]);
    return expression.get(storageRoot(value)) ?? `x${reads.findIndex((read) => sameRead(read, { value, shape }))}`;
  };
  chain.forEach((member, k) => {
    const operands = member.inputs.map((v) => operand(v, member));
    lines.push(`let v${k} = ${opDef(member.op).wgsl!(operands, member.attrs)};`);
    expression.set(member, `v${k}`);
  });
  const functions = reads.map(({ value, shape }, k) => offsetFunction(k, value.shape, shape, wide)).join("");
  const erf = lines.some((line) => line.includes("erf_(")) ? ERF : "";
  return {
    types: accesses.map((a) => a.type),
    declarations: `alias T = ${wide ? "vec4f" : "f32"};\n${erf}${functions}`,
    lines,
    result: chain.length > 0 ? `v${chain.length - 1}` : "head",
  };
}

/** The kernel of a chain without a head. */
export function elementwiseKernel(group: Group, names: readonly string[]): KernelSource {
  const { shape } = last(group);
  const size = sizeOf(shape);
  // One tensor read both by quads and singly cannot be bound twice: then all is read singly.
  const quads = size % 4 === 0 ? accessesOf(chainReads(group), true) : null;
  const agree = quads?.every((a, k) => names.every((n, j) => n !== names[k] || quads[j].type === a.type));
  const wide = agree === true;
  const { types, declarations, lines, result } = chainCode(group, names, wide);
  const count = wide ? size / 4 : size;
  return {
    types: [...types, wide ? "vec4f" : "f32"],
    declarations,
    body: `${linearIndex(count, 64)}\n  ${lines.join("\n  ")}\n  write(i, ${result});`,
    workgroup: [64, 1, 1],
    grid: gridOf(count, 64),
  };
}

/**
 * How a head's kernel goes on with the chain behind it.
 *
 * @param names variables of the chain's inputs
 * @param type of the elements that the head writes
 */
export function chainWrite(
  group: Group,
  names: readonly string[],
  type: "f32" | "vec4f",
): Pick<ChainCode, "types"> & { write: string } {
  const { types, declarations, lines, result } = chainCode(group, names, type === "vec4f");
  return {
    types,
    write: `${declarations}fn write(i: u32, head: T) {\n  ${lines.join("\n  ")}\n  y[i] = ${result};\n}`,
  };
}

/** Error function, Abramowitz & Stegun 7.1.26, with the Taylor series near 0 where that formula cancels. */
const ERF = `fn erf_(x: T) -> T {
  let a = abs(x);
  let x2 = x * x;
  let near = 1.1283791670955126 * x * (T(1.0) - x2 / 3.0 + x2 * x2 / 10.0 - x2 * x2 * x2 / 42.0 + x2 * x2 * x2 * x2 / 216.0);
  let t = T(1.0) / (T(1.0) + 0.3275911 * a);
  let poly = t * (T(0.254829592) + t * (T(-0.284496736) + t * (T(1.421413741) + t * (T(-1.453152027) + t * 1.061405429))));
  return select(sign(x) * (T(1.0) - poly * exp(-x2)), near, a < T(0.3));
}
`;
