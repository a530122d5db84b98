/** What the usual kernels do, others must do as well: each other kernel of a choice, and all of them on tensors stored in halves. */
import { afterAll, expect, test } from "vitest";
import { numberToHalf } from "../../base/half";
import { halfToNumber } from "../../base/safetensors";
import { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import { allCases, caseGraph, caseInputs } from "../ops/testing";
import { type Dispatch, type ProgramPlan, planProgram } from "../plan/program";
import { evaluate } from "../ref";
import { sizeOf, type Tensor, tensor } from "../tensor";
import { openContext } from "./device";
import { owning } from "./owning";
import { allocateArenas, bindProgram, planLimits, type Region } from "./program";
import { testGpu } from "./test-gpu";

const context = await openContext({ gpu: await testGpu() });
afterAll(() => context.device.destroy());

/** The plan's only output for these inputs. */
async function run(plan: ProgramPlan, y: Value, inputs: ReadonlyMap<Value, Tensor>): Promise<Float32Array> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const running = await owning(async (own) => {
    const given = new Map<Value, Region>();
    for (const [leaf, { data }] of inputs) {
      const buffer = own(context.buffer(data.byteLength, usage, "input"));
      context.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
      given.set(leaf, { buffer, offset: 0 });
    }
    const program = own(await bindProgram(context, plan, allocateArenas(context, [plan], own), given));
    program.submit();
    const { buffer, offset } = program.regionOf(y);
    return { result: await context.read(buffer, offset, 4 * sizeOf(y.shape)) };
  });
  running.dispose();
  return running.result;
}

/** Products have a test of their own. */
const chosen = allCases.flatMap(({ name, def, c }) => {
  const { leaves, y } = caseGraph(def, c);
  const plan = planProgram([y], new Set(), planLimits(context));
  const { choice } = plan.dispatches[0] ?? {};
  const others = Object.keys(choice?.others ?? {});
  return others.length > 0 && !choice!.class.startsWith("product") ? [{ name, def, c, leaves, y, plan, others }] : [];
});

test.each(chosen)(
  "$name: $others.length other kernels give the same bits",
  async ({ def, c, leaves, y, plan, others }) => {
    const inputs = caseInputs(def, c);
    const feed = new Map(leaves.flatMap((leaf, i) => (leaf.op === "Input" ? [[leaf, inputs[i]] as const] : [])));
    const want = await run(plan, y, feed);
    for (const name of others) {
      const [first, ...rest] = plan.dispatches;
      const other: Dispatch = { ...first, ...first.choice!.others[name]() };
      if (other.needs && !context.device.features.has(other.needs)) continue;
      expect(await run({ ...plan, dispatches: [other, ...rest] }, y, feed), name).toEqual(want);
    }
  },
);

/** The case's inputs packed into one tensor, which slices store in halves; nothing where these join the operator's own kernel. */
function caseInHalves({ name, def, c }: (typeof allCases)[number]) {
  const rounded = (x: number) => halfToNumber(numberToHalf(x));
  const inputs = caseInputs(def, c).map((t, i) =>
    c.values?.[i] ? t : tensor(t.shape, Float32Array.from(t.data, rounded)),
  );
  const b = new Builder();
  // One element stays over, so that each input is a copy.
  const packed = b.input("packed", [inputs.reduce((sum, t) => sum + sizeOf(t.shape), 1)]);
  let end = 0;
  const leaves = inputs.map((t, i) => {
    const from = end;
    end += sizeOf(t.shape);
    const part = () => b.op("Slice", [packed], { starts: [from], steps: [1], shape: [end - from] });
    return c.values?.[i] ? b.constant(t) : b.reshape(part(), t.shape);
  });
  const y = b.op(def.type, leaves, c.attrs ?? {});
  const halves = (v: Value) => v.inputs.length > 0 && v.dtype === "f32";
  const plan = planProgram([y], new Set(), { ...planLimits(context), halves });
  if (!plan.dispatches.some((d) => d.code.includes("f16"))) return [];
  const data = Float32Array.from([...inputs.flatMap((t) => [...t.data]), 0]);
  const feed = new Map([[packed, tensor(packed.shape, data)]]);
  return [{ name, plan, y, feed, tolerance: c.tolerance ?? 2e-5 }];
}

if (context.device.features.has("shader-f16"))
  test.each(allCases.flatMap(caseInHalves))("$name reads halves", async ({ plan, y, feed, tolerance }) => {
    const want = Array.from(evaluate([y], feed)[0].data);
    const got = await run(plan, y, feed);
    const scale = want.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6);
    const error = want.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i])), 0);
    expect(error / scale).toBeLessThan(tolerance);
  });
