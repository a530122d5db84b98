/** The kernel of a group of elementwise operators: one WGSL expression a member, four elements at a time where possible. */
import type { Value } from "../ir/value";
import { opDef } from "../ops";
import { gridOf, type KernelSource, linearIndex } from "../ops/define";
import { literal } from "../ops/elementwise";
import { mergeAxes, offsetCode } from "../ops/strided";
import { broadcastStrides, sizeOf } from "../tensor";
import { type Group, isInlineScalar, last } from "./groups";

interface Access {
  type: "f32" | "vec4f";
  /** Expression over the binding's variable and the input's index in the group. */
  code: (variable: string, k: number) => string;
}

/** How an input of `from` is read by the invocation of element (or quad) `i` of `shape`; null where quads do not fit. */
function access(from: readonly number[], shape: readonly number[], wide: boolean): Access | null {
  const unit = wide ? 4 : 1;
  if (sizeOf(from) === 1) return { type: "f32", code: (x) => `T(${x}[0])` };
  if (sizeOf(from) === sizeOf(shape)) return { type: wide ? "vec4f" : "f32", code: (x) => `${x}[i]` };
  const {
    dims,
    strides: [strides],
  } = mergeAxes(shape, [broadcastStrides(from, shape)]);
  const final = dims.length - 1;
  if (!wide) {
    return { type: "f32", code: (x, k) => `${x}[at_${k}(i)]` };
  }
  if (dims[final] % unit !== 0) return null;
  if (strides[final] === 0) return { type: "f32", code: (x, k) => `T(${x}[at_${k}(i)])` };
  if (strides[final] !== 1 || strides.slice(0, final).some((s) => s % 4 !== 0)) return null;
  return { type: "vec4f", code: (x, k) => `${x}[at_${k}(i)]` };
}

/** The function that maps the invocation's index to an input's offset, where it is not the index itself. */
function offsetFunction(k: number, from: readonly number[], shape: readonly number[], wide: boolean): string {
  if (sizeOf(from) === 1 || sizeOf(from) === sizeOf(shape)) return "";
  const {
    dims,
    strides: [strides],
  } = mergeAxes(shape, [broadcastStrides(from, shape)]);
  const final = dims.length - 1;
  const quads = wide ? [...dims.slice(0, final), dims[final] / 4] : dims;
  const steps = wide && strides[final] === 1 ? strides.map((s, axis) => (axis === final ? 1 : s / 4)) : strides;
  return `fn at_${k}(i: u32) -> u32 { ${offsetCode("o", "i", quads, steps)} return o; }\n`;
}

export function elementwiseKernel(group: Group, names: readonly string[], out: string): KernelSource {
  const { shape } = last(group);
  const size = sizeOf(shape);
  const accesses = (wide: boolean) => group.inputs.map((v) => access(v.shape, shape, wide));
  const wideAccesses = size % 4 === 0 ? accesses(true) : [null];
  // One tensor read both by quads and singly cannot be bound twice: then all is read singly.
  const agree = wideAccesses.every((a, k) =>
    names.every((n, j) => n !== names[k] || wideAccesses[j]?.type === a?.type),
  );
  const wide = agree && wideAccesses.every((a) => a !== null);
  const chosen = (wide ? wideAccesses : accesses(false)) as Access[];
  const expression = new Map<Value, string>();
  const lines = group.inputs.map((v, k) => {
    expression.set(v, `x${k}`);
    return `let x${k} = ${chosen[k].code(names[k], k)};`;
  });
  group.members.forEach((m, k) => {
    const operands = m.inputs.map((i) => (isInlineScalar(i) ? literal(i.data!.data[0]) : expression.get(i)!));
    expression.set(m, `v${k}`);
    lines.push(`let v${k} = ${opDef(m.op).wgsl!(operands, m.attrs)};`);
  });
  const count = wide ? size / 4 : size;
  const usesErf = group.members.some((m) =>
    opDef(m.op).wgsl!(
      m.inputs.map(() => "x"),
      m.attrs,
    ).includes("erf_("),
  );
  const functions = group.inputs.map((v, k) => offsetFunction(k, v.shape, shape, wide)).join("");
  return {
    types: [...chosen.map((a) => a.type), wide ? "vec4f" : "f32"],
    declarations: `alias T = ${wide ? "vec4f" : "f32"};\n${usesErf ? ERF : ""}${functions}`,
    body: `${linearIndex(count, 64)}\n  ${lines.join("\n  ")}\n  ${out}[i] = v${group.members.length - 1};`,
    workgroup: [64, 1, 1],
    grid: gridOf(count, 64),
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
