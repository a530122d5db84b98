/**
 * Tree reductions give the same bits whether one invocation computes them or several share the
 * work. Element k belongs to partial result k modulo their number, and a tree combines the partial
 * results. This file writes the WGSL for `reduce.ts` and `row-kernel.ts`.
 */
import { gridOf, type KernelCode, type KernelSource, OPAQUE_ZERO, range, sizeClass } from "./define";

/** Invocations of a workgroup. */
const INVOCATIONS = 64;

/**
 * Number of partial results of a reduction of so many elements (or quads): a power of 4; 1 means a
 * plain loop.
 */
const partialsOf = (count: number): number => (count < 16 ? 1 : count < 128 ? 4 : count < 4096 ? 16 : 64);

export interface Reduction {
  type: KernelSource["types"][number] | "vec2f" | "mat2x4f";
  count: number;
  /** The neutral element of `combine`; "" means zero. */
  identity: string;
  combine: (a: string, b: string) => string;
  /** WGSL that sets `value` to the number at an index. */
  element: (k: string) => string;
}

/** The combination of a sum. */
export const plus: Reduction["combine"] = (a, b) => `${a} + ${b}`;

/** How the invocations of a workgroup share reductions: a thread group computes one reduction. */
export interface ThreadGroup {
  sharing: number;
  parts: number;
  /**
   * Reductions of a workgroup; WGSL of the index of the invocation's own reduction, and of its
   * place in the thread group.
   */
  reductions: number;
  own: string;
  place: string;
}

/**
 * @param inRow whether the invocations of a thread group are neighbours, because what they read is;
 *   else thread groups interleave
 */
function threadGroupOf(count: number, sharing: number, inRow: boolean): ThreadGroup {
  const reductions = INVOCATIONS / sharing;
  const [fast, slow] = [(size: number) => `lid.x % ${size}u`, (size: number) => `lid.x / ${size}u`];
  const [own, place] = inRow ? [slow(sharing), fast(sharing)] : [fast(reductions), slow(reductions)];
  return { sharing, parts: partialsOf(count), reductions, own, place: sharing === 1 ? OPAQUE_ZERO : place };
}

const isAlone = ({ sharing }: ThreadGroup) => sharing === 1;

/**
 * The memory of partial results, which the reductions of one kernel use one after the other:
 * workgroup memory, or a local variable for a single invocation.
 */
function memoryOf(threadGroup: ThreadGroup, type: Reduction["type"]): { declarations?: string; local: string } {
  const array = (size: number) => `partial: array<${type}, ${size}>;`;
  if (isAlone(threadGroup)) return { local: `var ${array(Math.max(1, threadGroup.parts / 4))}` };
  return { declarations: `var<workgroup> ${array(threadGroup.parts * threadGroup.reductions)}`, local: "" };
}

/**
 * WGSL statements after which `result` holds the reduction in every invocation of the thread group.
 * They use `own` and `place`.
 */
export function reduceCode(r: Reduction, threadGroup: ThreadGroup, result: string): string {
  if (threadGroup.parts === 1) return `var ${result} = ${r.type}(${r.identity});\n  ${plainLoop(r, result)}`;
  return isAlone(threadGroup) ? aloneCode(r, threadGroup.parts, result) : sharedCode(r, threadGroup, result);
}

const add = ({ element, combine }: Reduction, k: string, to: string) =>
  `{ ${element(k)} ${to} = ${combine(to, "value")}; }`;

const plainLoop = (r: Reduction, to: string) => `for (var k = ${OPAQUE_ZERO}; k < ${r.count}u; k++) ${add(r, "k", to)}`;

/**
 * Computes four partial results at once, as far apart as the tree combines them. A single
 * invocation then keeps only a quarter of them.
 */
function aloneCode(r: Reduction, parts: number, result: string): string {
  const quarter = parts / 4;
  const lanes = range(4);
  const sum = (lane: number) => `sum${lane}`;
  const at = (lane: number) => `k + ${lane * quarter}u`;
  const tail = r.count % parts;
  const rest = lanes.filter((lane) => lane * quarter < tail);
  const pair = (a: number, b: number) => r.combine(sum(a), sum(b));
  return `for (var part = ${OPAQUE_ZERO}; part < ${quarter}u; part++) {
    ${lanes.map((lane) => `var ${sum(lane)} = ${r.type}(${r.identity});`).join(" ")}
    var k = part;
    for (; k < ${r.count - tail}u; k += ${parts}u) { ${lanes.map((lane) => add(r, at(lane), sum(lane))).join(" ")} }
    ${rest.map((lane) => `if (${at(lane)} < ${r.count}u) ${add(r, at(lane), sum(lane))}`).join(" ")}
    partial[part] = ${r.combine(`(${pair(0, 2)})`, `(${pair(1, 3)})`)};
  }
  ${tree(quarter, (half) => `for (var part = 0u; part < ${half}; part++) { partial[part] = ${r.combine("partial[part]", `partial[part + ${half}]`)}; }`)}
  let ${result} = partial[0];`;
}

function sharedCode(r: Reduction, { sharing, parts, reductions }: ThreadGroup, result: string): string {
  const at = (part: string) => `partial[(${part}) * ${reductions}u + own]`;
  const each = (count: string, body: string) =>
    `for (var part = place; part < ${count}; part += ${sharing}u) { ${body} }\n  workgroupBarrier();`;
  const one = `var sum = ${r.type}(${r.identity});
    for (var k = part; k < ${r.count}u; k += ${parts}u) ${add(r, "k", "sum")}
    ${at("part")} = sum;`;
  return `${each(`${parts}u`, one)}
  ${tree(parts, (half) => each(half, `${at("part")} = ${r.combine(at("part"), at(`part + ${half}`))};`))}
  let ${result} = ${at("0u")};
  workgroupBarrier();`;
}

const tree = (size: number, level: (half: string) => string) =>
  size === 1
    ? ""
    : `for (var half = ${size / 2}u + ${OPAQUE_ZERO}; half > 0u; half = half / 2u) {
    ${level("half")}
  }`;

interface Reductions {
  /** Number of reductions, and of the elements (or quads) of each. */
  total: number;
  count: number;
  types: KernelSource["types"];
  /** Of what is reduced. */
  type: Reduction["type"];
  /** Name of the class for the tuner, which adds the sizes. */
  name: string;
  /** Whether the invocations of a thread group read neighbouring numbers. */
  inRow: boolean;
  /** WGSL of the module that its text needs. */
  declarations?: string;
  /**
   * WGSL of the reduction `number`. Where `is_beyond` is true there is none left, and `number` is
   * the last one.
   */
  body: (threadGroup: ThreadGroup) => string;
}

/**
 * With at least so many reductions, one invocation for each keeps the device busy. With fewer,
 * several invocations share each.
 */
const BUSY = 32;

/** The usual kernel and, for long reductions, the alternatives that share them differently. */
export function treeReductionKernel({
  total,
  count,
  types,
  type,
  name,
  inRow,
  declarations = "",
  body,
}: Reductions): KernelSource {
  const make = (sharing: number): KernelCode => {
    const threadGroup = threadGroupOf(count, sharing, inRow);
    const memory = memoryOf(threadGroup, type);
    const grid = gridOf(total, threadGroup.reductions);
    return {
      declarations: `${memory.declarations ?? ""}\n${declarations}`,
      body: `let own = ${threadGroup.own}; let place = ${threadGroup.place};
  let asked = (wid.x + wid.y * ${grid[0]}u) * ${threadGroup.reductions}u + own;
  let is_beyond = asked >= ${total}u;
  ${isAlone(threadGroup) ? "if (is_beyond) { return; }" : ""}
  let number = min(asked, ${total - 1}u);
  ${memory.local}
  ${body(threadGroup)}`,
      workgroup: [INVOCATIONS, 1, 1],
      grid,
    };
  };
  const ways = [...new Set([1, 8, partialsOf(count)])].filter((sharing) => sharing <= partialsOf(count));
  const usual = total < BUSY ? partialsOf(count) : 1;
  if (ways.length === 1) return { types, ...make(1) };
  const others = ways.flatMap((way) => (way === usual ? [] : [[`${way} sharing`, () => make(way)] as const]));
  const sizes = [total, count].map(sizeClass).join("×");
  return { types, ...make(usual), choice: { class: `${name} ${sizes} ${type}`, others: Object.fromEntries(others) } };
}
