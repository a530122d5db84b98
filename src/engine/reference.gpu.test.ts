/** Optimisation steps against PyTorch's (tools/reference), on the adapter and on the CPU interpreter. */
import { expect, test } from "vitest";
import { readSafetensors } from "../base/safetensors";
import { testGpu } from "./gpu/test-gpu";
import {
  createCpuDevice,
  createWebGpuDevice,
  type EngineDevice,
  methodFromPeftConfig,
  type NamedTensor,
  openModel,
  runSteps,
} from "./index";

const files = import.meta.glob<string>("../../tools/reference/fixtures/*/*.{onnx,safetensors}", {
  query: "?inline",
  import: "default",
});
const configs = import.meta.glob<Record<string, never>>("../../tools/reference/fixtures/*/*.json", {
  import: "default",
});
const root = "../../tools/reference/fixtures";
const cases = [...new Set(Object.keys(configs).map((path) => path.split("/").at(-2)!))];

const bytesOf = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());

interface Args {
  steps: number;
  optimizer: { lr: number; weightDecay: number; betas: [number, number]; eps: number };
  classWeights: number[] | null;
  classes: number;
  /** Elements that rounding alone decides, by parameter. */
  illConditioned: Record<string, [number, number][]>;
}

async function load(name: string) {
  const dir = `${root}/${name}`;
  const tensors = async (file: string) =>
    files[`${dir}/${file}`] ? readSafetensors(await bytesOf(`${dir}/${file}`)).tensors : [];
  const batch = await tensors("batch.safetensors");
  return {
    args: (await configs[`${dir}/args.json`]()) as unknown as Args,
    method: methodFromPeftConfig(await configs[`${dir}/method.json`]()),
    model: await bytesOf(`${dir}/model.onnx`),
    pixels: batch.find((t) => t.name === "pixel_values")!,
    labels: batch.find((t) => t.name === "labels")!,
    initial: (await tensors("init.safetensors")) as NamedTensor[],
    expected: await tensors("expected.safetensors"),
  };
}

/** max |a − b| / max |b| outside the skipped ranges. */
function relativeError(a: ArrayLike<number>, b: ArrayLike<number>, skip: readonly [number, number][]): number {
  let difference = 0;
  let scale = 1e-6;
  for (let i = 0; i < b.length; i++) {
    if (skip.some(([from, to]) => i >= from && i < to)) continue;
    const d = Math.abs(a[i] - b[i]);
    difference = Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.max(difference, d);
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return difference / scale;
}

async function compare(name: string, device: EngineDevice): Promise<void> {
  const { args, method, model, pixels, labels, initial, expected } = await load(name);
  const { lr, weightDecay, betas, eps } = args.optimizer;
  const out = await runSteps({
    model: openModel(model, { imageSize: pixels.shape[2] }),
    device,
    method,
    pixels: { shape: pixels.shape, data: pixels.data as Float32Array },
    labels: labels.data,
    classes: args.classes,
    classWeights: args.classWeights ?? undefined,
    optimizer: { name: "adamw", beta1: betas[0], beta2: betas[1], eps, weightDecay, headL2: 0 },
    lr,
    steps: args.steps,
    seed: 0,
    initial,
  });
  expect(expected.length).toBeGreaterThan(3);
  for (const want of expected) {
    const got = out.find((t) => t.name === want.name);
    expect(got?.shape, want.name).toEqual(want.shape);
    const skip = args.illConditioned[want.name.replace(/^grad\./, "")] ?? [];
    expect(relativeError(got!.data, want.data, skip), want.name).toBeLessThan(1e-3);
  }
}

test("there are cases", () => expect(cases.length).toBeGreaterThanOrEqual(9));

test.each(cases)("%s on WebGPU", async (name) => {
  const device = await createWebGpuDevice({ gpu: await testGpu() });
  await compare(name, device).finally(() => device.dispose());
});

test.each(cases)("%s on the CPU interpreter", (name) => compare(name, createCpuDevice()));
