/**
 * Kernels that work row by row (the last axis): softmax, layer normalisation and their gradients.
 */
import { sizeOf } from "../graph/tensor";
import type { KernelSource } from "./define";
import { plus, type Reduction, reduceCode, treeReductionKernel } from "./tree-reduction";

export interface Row {
  /** Loops over the row's elements, `at` being the element's index in the tensor. */
  each: (body: string) => string;
  /** Declares `name`, the combination of `value` as set by `body` for each element. */
  reduce: (name: string, identity: string, body: string, combine: Reduction["combine"]) => string;
  /** Declares `name`, a vec2f of the sums of two expressions of `at`. */
  sums: (name: string, first: string, second: string) => string;
}

export interface RowProgram {
  /** Name of the program, by which the tuner tells kernels apart. */
  name: string;
  shape: readonly number[];
  inputs: number;
  /** Whether elements may be quads, because the program reads and writes everything by `at`. */
  quads: boolean;
  /** Whether every reduction computes two `sums` at once, or none does. */
  pairs?: boolean;
  /** WGSL of one row, whose number is `row`. */
  program: (row: Row) => string;
}

export function rowKernel({ name, shape, inputs, quads, pairs, program }: RowProgram): KernelSource {
  const width = shape[shape.length - 1] ?? 1;
  const rows = sizeOf(shape) / width;
  const unit = quads && width % 4 === 0 ? 4 : 1;
  const count = width / unit;
  const type = unit === 4 ? "vec4f" : "f32";
  const types = new Array<"f32" | "vec4f">(inputs + 1).fill(type);
  const pair = unit === 4 ? "mat2x4f" : "vec2f";
  return treeReductionKernel({
    total: rows,
    count,
    types,
    type: pairs ? pair : type,
    name,
    inRow: true,
    body: (threadGroup) => {
      const each: Row["each"] = (body) =>
        `for (var j = place; j < end; j += ${threadGroup.sharing}u) { let at = row * ${count}u + j; ${body} }`;
      const reduce: Row["reduce"] = (result, identity, body, combine) => {
        const element = (k: string) => `let at = row * ${count}u + ${k}; var value: ${type}; ${body}`;
        const all = `${result}_all`;
        const one = unit === 4 ? ofLanes(all, combine) : all;
        return `${reduceCode({ type, count, identity, combine, element }, threadGroup, all)}\n  let ${result} = ${one};`;
      };
      const sums: Row["sums"] = (result, first, second) => {
        const element = (k: string) => `let at = row * ${count}u + ${k}; let value = ${pair}(${first}, ${second});`;
        const all = `${result}_all`;
        const both = unit === 4 ? `vec2f(${[0, 1].map((k) => ofLanes(`${all}[${k}]`, plus)).join(", ")})` : all;
        return `${reduceCode({ type: pair, count, identity: "", combine: plus, element }, threadGroup, all)}\n  let ${result} = ${both};`;
      };
      return `let row = number; let end = select(${count}u, 0u, is_beyond);\n  ${program({ each, reduce, sums })}`;
    },
  });
}

/** The four numbers of a vec4f as one. */
function ofLanes(quad: string, combine: Reduction["combine"]): string {
  const [x, y, z, w] = ["x", "y", "z", "w"].map((lane) => `${quad}.${lane}`);
  return combine(`(${combine(x, z)})`, `(${combine(y, w)})`);
}
