/** Kernels written for float32 load and store 16-bit floats after a change of their text alone. */
import { describe, expect, test } from "vitest";
import { Builder } from "../graph/builder";
import { tensor } from "../graph/tensor";
import { loadF16, storesAsF16 } from "./f16-storage";
import { planProgram } from "./program";

describe("widening", () => {
  test.each([
    ["let x = a0[i];", "let x = vec4f(a0[i]);"],
    ["a0[line + k / 4u].x * a0[j][k % 4u]", "vec4f(a0[line + k / 4u]).x * vec4f(a0[j])[k % 4u]"],
    ["a0[at(u32(a0[i].x))]", "vec4f(a0[at(u32(vec4f(a0[i]).x))])"],
    ["a01[i] + ba0[i] + a1[a0[i]]", "a01[i] + ba0[i] + a1[vec4f(a0[i])]"],
  ])("%s", (code, wanted) => {
    expect(loadF16(code, "a0", "vec4f")).toBe(wanted);
  });
});

const b = new Builder();
const image = b.input("image", [64, 64]);
const weight = b.parameter("weight", tensor([64, 64], new Float32Array(4096).fill(0.5)));
const product = b.matmul(image, weight);

test("frozen matrices and results are stored as f16; inputs, statistics and small tensors are not", () => {
  expect([weight, product].map(storesAsF16)).toEqual([true, true]);
  const statistics = b.sum(b.input("rows", [2048, 64]), [1]);
  const few = b.matmul(b.input("few", [4, 64]), weight);
  const bias = b.parameter("bias", tensor([2048], new Float32Array(2048)));
  expect([image, statistics, few, bias].map(storesAsF16)).toEqual([false, false, false, false]);
});

describe("a plan with f16 storage", () => {
  const y = b.op("Softmax", [product]);
  const total = b.sum(y, [0, 1]);
  const limits = { maxBindings: 10, maxArenaBytes: 2 ** 30 };
  const single = planProgram([total], new Set(), limits);
  const f16 = planProgram([total], new Set(), { ...limits, storesAsF16 });

  test("takes about half the bytes in the same kernels", () => {
    expect(f16.dispatches.map((d) => d.label)).toEqual(single.dispatches.map((d) => d.label));
    const [before, after] = [single, f16].map((plan) => plan.arena.sizes.reduce((sum, size) => sum + size, 0));
    expect(after).toBeLessThan(0.6 * before);
    expect(f16.isF16(weight)).toBe(true);
    expect(single.isF16(weight)).toBe(false);
  });

  test("binds inputs and outputs as float32", () => {
    const [first] = f16.dispatches;
    expect(first.operands.map((o) => o.f16)).toEqual([false, true, true]);
    expect(first.code).toMatch(/^enable f16;/);
    expect(f16.dispatches.at(-1)!.operands.at(-1)!.f16).toBe(false);
    expect(single.dispatches.every((d) => !d.code.includes("f16"))).toBe(true);
  });

  test("measures kernels on f16 as a class of their own", () => {
    const classes = [single, f16].map((plan) => plan.dispatches[0].choice!.class);
    expect(classes[1]).toBe(`${classes[0]} f16`);
  });
});
