/** The WGSL of chains of elementwise operators: one expression a member, four elements at a time where possible. */
import { assert } from "../../base/error";
import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import { opDef } from "../ops";
import { gridOf, type KernelSource, linearIndex } from "../ops/define";
import { literal } from "../ops/elementwise";
import { accessesOf, moveFunction, offsetFunction } from "./access";
import {
  chainReads,
  type Group,
  isInlineScalar,
  isMove,
  last,
  resultsOf,
  sameRead,
  stagesOf,
  storageRoot,
} from "./fusion-groups";

interface ChainCode {
  types: ("f32" | "vec4f")[];
  declarations: string;
  /** Statements for the element or quad `i`, which write its results. */
  lines: string[];
}

/** @param names variables of the chain's inputs; the head's result is the variable `head` */
function chainCode(group: Group, names: readonly string[], wide: boolean): ChainCode {
  const { head, chain } = group;
  const reads = chainReads(group);
  const accesses = accessesOf(reads, wide);
  assert(accesses, "a chain of elementwise operators reads what it cannot");
  const expression = new Map<Value, string>();
  if (head) expression.set(head, "head");
  const stages = stagesOf(chain);
  const index = (stage: number) => (stage === 0 ? "i" : `i${stage}`);
  const results = resultsOf(group);
  const lines: string[] = [];
  const put = (v: Value, stage: number) => {
    const k = results.indexOf(v);
    if (k >= 0) lines.push(`put${k}(${index(stage)}, ${expression.get(v)});`);
  };
  const enter = (stage: number) =>
    reads.forEach((read, k) => {
      if (read.stage === stage) lines.push(`let x${k} = ${accesses[k].code(names[k], k, index(stage))};`);
    });
  enter(0);
  if (head) put(head, 0);
  const moves: string[] = [];
  chain.forEach((member, k) => {
    const stage = stages[k];
    const operands = member.inputs.map((value) => {
      if (isInlineScalar(value)) return literal(value.data!.data[0]);
      const shape = isMove(member) ? value.shape : member.shape;
      const inside = expression.get(storageRoot(value));
      return inside ?? `x${reads.findIndex((read) => sameRead(read, { value, shape, stage }))}`;
    });
    if (isMove(member)) {
      expression.set(member, operands[0]);
      moves.push(moveFunction(stage, member, wide));
      lines.push(`let ${index(stage + 1)} = move_${stage}(${index(stage)});`);
      enter(stage + 1);
      put(member, stage + 1);
      return;
    }
    lines.push(`let v${k} = ${opDef(member.op).wgsl!(operands, member.attrs)};`);
    expression.set(member, `v${k}`);
    put(member, stage);
  });
  const functions = reads.map(({ value, shape }, k) => offsetFunction(k, value.shape, shape, wide)).join("");
  const erf = lines.some((line) => line.includes("erf_(")) ? ERF : "";
  return {
    types: accesses.map((a) => a.type),
    declarations: `alias T = ${wide ? "vec4f" : "f32"};\n${erf}${functions}${moves.join("")}`,
    lines,
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
  const { types, declarations, lines } = chainCode(group, names, wide);
  const count = wide ? size / 4 : size;
  return {
    types: [...types, wide ? "vec4f" : "f32"],
    declarations,
    body: `${linearIndex(count, 64)}\n  ${lines.join("\n  ")}`,
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
  const { types, declarations, lines } = chainCode(group, names, type === "vec4f");
  return { types, write: `${declarations}fn write(i: u32, head: T) {\n  ${lines.join("\n  ")}\n}` };
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
