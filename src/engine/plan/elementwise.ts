/**
 * Writes the WGSL of elementwise operators that one kernel computes. Each operator becomes one
 * statement. The kernel handles four elements per invocation where shapes allow it.
 */
import { assert } from "../../base/error";
import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import { opDef } from "../ops";
import { gridOf, type KernelSource, linearIndex } from "../ops/define";
import { literal } from "../ops/elementwise";
import { accessesOf, offsetFunction, permutationFunction } from "./access";
import {
  epilogueReads,
  type FusionGroup,
  isInlineScalar,
  isPermutation,
  last,
  permutationsBefore,
  resultsOf,
  sameRead,
  storageRoot,
} from "./fusion-groups";

/** WGSL that computes an epilogue. */
interface EpilogueCode {
  types: ("f32" | "vec4f")[];
  declarations: string;
  /** Statements that compute the element or quad `i` and write every result of it. */
  lines: string[];
}

/**
 * Writes the code of an epilogue.
 *
 * @param names variables of the values that the epilogue reads. WGSL's variable `root` holds the
 *   root's result.
 * @param wide whether one invocation handles a quad instead of one element
 */
function epilogueCode(group: FusionGroup, names: readonly string[], wide: boolean): EpilogueCode {
  const { root, epilogue } = group;
  const reads = epilogueReads(group);
  const accesses = accessesOf(reads, wide);
  assert(accesses, "a epilogue of elementwise operators reads what it cannot");
  const expression = new Map<Value, string>();
  if (root) expression.set(root, "root");
  const permutationCounts = permutationsBefore(epilogue);
  const index = (permutation: number) => (permutation === 0 ? "i" : `i${permutation}`);
  const results = resultsOf(group);
  const lines: string[] = [];
  const writeIfResult = (v: Value, permutation: number) => {
    const k = results.indexOf(v);
    if (k >= 0) lines.push(`put${k}(${index(permutation)}, ${expression.get(v)});`);
  };
  const readInputs = (permutation: number) =>
    reads.forEach((read, k) => {
      if (read.permutation === permutation)
        lines.push(`let x${k} = ${accesses[k].code(names[k], k, index(permutation))};`);
    });
  readInputs(0);
  if (root) writeIfResult(root, 0);
  const permutations: string[] = [];
  epilogue.forEach((member, k) => {
    const permutation = permutationCounts[k];
    const operands = member.inputs.map((value) => {
      if (isInlineScalar(value)) return literal(value.data!.data[0]);
      const shape = isPermutation(member) ? value.shape : member.shape;
      const inside = expression.get(storageRoot(value));
      return inside ?? `x${reads.findIndex((read) => sameRead(read, { value, shape, permutation }))}`;
    });
    if (isPermutation(member)) {
      expression.set(member, operands[0]);
      permutations.push(permutationFunction(permutation, member, wide));
      lines.push(`let ${index(permutation + 1)} = move_${permutation}(${index(permutation)});`);
      readInputs(permutation + 1);
      writeIfResult(member, permutation + 1);
      return;
    }
    lines.push(`let v${k} = ${opDef(member.op).wgsl!(operands, member.attrs)};`);
    expression.set(member, `v${k}`);
    writeIfResult(member, permutation);
  });
  const functions = reads.map(({ value, shape }, k) => offsetFunction(k, value.shape, shape, wide)).join("");
  const erf = lines.some((line) => line.includes("erf_(")) ? ERF : "";
  return {
    types: accesses.map((a) => a.type),
    declarations: `alias T = ${wide ? "vec4f" : "f32"};\n${erf}${functions}${permutations.join("")}`,
    lines,
  };
}

/** The kernel of an epilogue without a root. */
export function elementwiseKernel(group: FusionGroup, names: readonly string[]): KernelSource {
  const { shape } = last(group);
  const size = sizeOf(shape);
  // WGSL cannot bind one tensor both as quads and as single elements. In that case the kernel reads
  // everything singly.
  const quads = size % 4 === 0 ? accessesOf(epilogueReads(group), true) : null;
  const agree = quads?.every((a, k) => names.every((n, j) => n !== names[k] || quads[j].type === a.type));
  const wide = agree === true;
  const { types, declarations, lines } = epilogueCode(group, names, wide);
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
 * The code that continues a root's kernel with the epilogue.
 *
 * @param names variables of the values that the epilogue reads
 * @param type WGSL type of the elements that the root's kernel computes
 */
export function epilogueWrite(
  group: FusionGroup,
  names: readonly string[],
  type: "f32" | "vec4f",
): Pick<EpilogueCode, "types"> & { write: string } {
  const { types, declarations, lines } = epilogueCode(group, names, type === "vec4f");
  return { types, write: `${declarations}fn write(i: u32, root: T) {\n  ${lines.join("\n  ")}\n}` };
}

/**
 * The error function by Abramowitz & Stegun 7.1.26. Near 0 that formula loses digits by
 * cancellation, so the Taylor series replaces it there.
 */
const ERF = `fn erf_(x: T) -> T {
  let a = abs(x);
  let x2 = x * x;
  let near = 1.1283791670955126 * x * (T(1.0) - x2 / 3.0 + x2 * x2 / 10.0
    - x2 * x2 * x2 / 42.0 + x2 * x2 * x2 * x2 / 216.0);
  let t = T(1.0) / (T(1.0) + 0.3275911 * a);
  let poly = t * (T(0.254829592) + t * (T(-0.284496736) + t * (T(1.421413741)
    + t * (T(-1.453152027) + t * 1.061405429))));
  return select(sign(x) * (T(1.0) - poly * exp(-x2)), near, a < T(0.3));
}
`;
