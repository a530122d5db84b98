/**
 * Every variant of a kernel must compute what the default kernel computes: each alternative of a
 * choice, two fused kernels in one dispatch, and kernels on tensors that are stored as f16.
 */
import { afterAll, expect, test } from "vitest";
import { groupBy } from "../../../base/group-by";
import { numberToHalf } from "../../../base/half";
import { halfToNumber } from "../../../base/safetensors";
import { Builder } from "../../graph/builder";
import { interpret } from "../../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { allCases, caseGraph, caseInputs } from "../../ops/testing";
import type { Dispatch } from "../../plan/dispatch";
import { type ProgramPlan, planProgram } from "../../plan/program";
import { openContext } from "./device";
import { allocateArenas, bindProgram, planLimits, type Region } from "./program";
import { resourceScope } from "./resource-scope";
import { testGpu } from "./test-gpu";

const context = await openContext({ gpu: await testGpu() });
afterAll(() => context.device.destroy());

/** Runs a plan on these inputs and returns its outputs. */
async function run(
  plan: ProgramPlan,
  outputs: readonly Value[],
  inputs: ReadonlyMap<Value, Tensor>,
): Promise<Float32Array[]> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const running = await resourceScope(async (own) => {
    const given = new Map<Value, Region>();
    for (const [leaf, { data }] of inputs) {
      const buffer = own(context.buffer(data.byteLength, usage, "input"));
      context.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
      given.set(leaf, { buffer, offset: 0 });
    }
    const program = own(await bindProgram(context, plan, allocateArenas(context, [plan], own), given));
    program.submit();
    const read = (y: Value) => {
      const { buffer, offset } = program.regionOf(y);
      return context.read(buffer, offset, 4 * sizeOf(y.shape));
    };
    return { results: await Promise.all(outputs.map(read)) };
  });
  running.dispose();
  return running.results;
}

/** Matrix products have a test of their own. */
const chosen = allCases.flatMap(({ name, def, c }) => {
  const { leaves, y } = caseGraph(def, c);
  const plan = planProgram([y], new Set(), planLimits(context));
  const { choice } = plan.dispatches[0] ?? {};
  const others = Object.keys(choice?.others ?? {});
  return others.length > 0 && !choice!.class.startsWith("product") ? [{ name, def, c, leaves, y, plan, others }] : [];
});

test.each(chosen)("$name: $others.length other kernels give the same bits", async ({ def, c, leaves, y, plan }) => {
  const inputs = caseInputs(def, c);
  const feed = new Map(leaves.flatMap((leaf, i) => (leaf.op === "Input" ? [[leaf, inputs[i]] as const] : [])));
  const want = await run(plan, [y], feed);
  for (const [name, other] of othersOf(plan)) expect(await run(other, [y], feed), name).toEqual(want);
});

/** The plan with each alternative for its first dispatch that this adapter supports. */
function othersOf(plan: ProgramPlan): [name: string, ProgramPlan][] {
  const [first, ...rest] = plan.dispatches;
  return Object.entries(first.choice?.others ?? {}).flatMap(([name, make]): [string, ProgramPlan][] => {
    const other: Dispatch = { ...first, ...make() };
    const isOffered = !other.needs || context.device.features.has(other.needs);
    return isOffered ? [[name, { ...plan, dispatches: [other, ...rest] }]] : [];
  });
}

/**
 * The same operator twice, on its inputs and on the same inputs in reverse order. Empty where that
 * is no fused kernel.
 */
function fusedOf({ name, def, c }: (typeof allCases)[number]) {
  const graphs = [0, 1].map(() => caseGraph(def, c));
  const outputs = graphs.map(({ y }) => y);
  const plan = planProgram(outputs, new Set(), planLimits(context));
  if (plan.dispatches.length !== 1 || plan.dispatches[0].results !== 2) return [];
  const inputs = caseInputs(def, c);
  const turned = inputs.map(({ shape, data }) => tensor(shape, data.slice().reverse()));
  const feed = new Map<Value, Tensor>();
  for (const [k, { leaves }] of graphs.entries())
    for (const [i, leaf] of leaves.entries()) if (leaf.op === "Input") feed.set(leaf, [inputs, turned][k][i]);
  return [{ name, type: def.type, plan, outputs, feed, tolerance: c.tolerance ?? 2e-5, absolute: c.absolute ?? 0 }];
}

const pairs = groupBy(allCases.flatMap(fusedOf), ({ type }) => type);

test("most operators with a kernel of their own can be fused", () => {
  expect(pairs.size).toBeGreaterThan(30);
});

test.each([...pairs.values()].map(([first]) => first))(
  "$name, twice in one dispatch",
  async ({ plan, outputs, feed, tolerance, absolute }) => {
    const got = await run(plan, outputs, feed);
    for (const [k, { data }] of interpret(outputs, feed).entries()) {
      const want = Array.from(data);
      const scale = want.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
      const allowed = absolute + tolerance * scale;
      for (const [i, value] of want.entries()) expect(Math.abs(got[k][i] - value)).toBeLessThan(allowed);
    }
  },
);

test("gradients of two narrow weights in one dispatch: all kernels give the same bits", async () => {
  const b = new Builder();
  const noise = (shape: readonly number[], by: number) =>
    tensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(by * (i + 1))),
    );
  const [x, first, second] = ["x", "first", "second"].map((name) => b.input(name, [160, 8]));
  const outputs = [first, second].map((dy) => b.matmul(dy, x, true));
  const plan = planProgram(outputs, new Set(), planLimits(context));
  expect(plan.dispatches.map(({ results }) => results)).toEqual([2]);
  const feed = new Map([x, first, second].map((leaf, k) => [leaf, noise(leaf.shape, 0.3 + k)]));
  const want = await run(plan, outputs, feed);
  expect(want[0]).not.toEqual(want[1]);
  const others = othersOf(plan);
  expect(others.length).toBeGreaterThan(4);
  for (const [name, other] of others) expect(await run(other, outputs, feed), name).toEqual(want);
});

/**
 * The case with its inputs packed into one tensor, from which slices stored as f16 take them. Empty
 * where the slices join the operator's own kernel.
 */
function caseInF16({ name, def, c }: (typeof allCases)[number]) {
  const rounded = (x: number) => halfToNumber(numberToHalf(x));
  const inputs = caseInputs(def, c).map((t, i) =>
    c.values?.[i] ? t : tensor(t.shape, Float32Array.from(t.data, rounded)),
  );
  const b = new Builder();
  // One element is left over, so that each input is a copy.
  const packed = b.input("packed", [inputs.reduce((sum, t) => sum + sizeOf(t.shape), 1)]);
  let end = 0;
  const leaves = inputs.map((t, i) => {
    const from = end;
    end += sizeOf(t.shape);
    const part = () => b.op("Slice", [packed], { starts: [from], steps: [1], shape: [end - from] });
    return c.values?.[i] ? b.constant(t) : b.reshape(part(), t.shape);
  });
  const y = b.op(def.type, leaves, c.attrs ?? {});
  const storesAsF16 = (v: Value) => v.inputs.length > 0 && v.dtype === "f32";
  const plan = planProgram([y], new Set(), { ...planLimits(context), storesAsF16 });
  if (!plan.dispatches.some((d) => d.code.includes("f16"))) return [];
  const data = Float32Array.from([...inputs.flatMap((t) => [...t.data]), 0]);
  const feed = new Map([[packed, tensor(packed.shape, data)]]);
  return [{ name, plan, y, feed, tolerance: c.tolerance ?? 2e-5, absolute: c.absolute ?? 0 }];
}

if (context.device.features.has("shader-f16"))
  test.each(allCases.flatMap(caseInF16))("$name reads f16", async ({ plan, y, feed, tolerance }) => {
    const want = Array.from(interpret([y], feed)[0].data);
    const [got] = await run(plan, [y], feed);
    const scale = want.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
    const error = want.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i])), 0);
    expect(error / scale).toBeLessThan(tolerance);
  });
