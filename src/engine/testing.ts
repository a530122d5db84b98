/** Reference cases for tests: PyTorch's optimisation steps (tools/reference), repeated on a device. */
import { readSafetensors } from "../base/safetensors";
import { type EngineDevice, methodFromPeftConfig, type NamedTensor, openModel, runSteps, type StepLoss } from "./index";

const files = import.meta.glob<string>("../../tools/reference/fixtures/*/*.{onnx,safetensors}", {
  query: "?inline",
  import: "default",
});
const configs = import.meta.glob<Record<string, never>>("../../tools/reference/fixtures/*/*.json", {
  import: "default",
});
const root = "../../tools/reference/fixtures";
/** Names of the cases. */
export const referenceCases = [...new Set(Object.keys(configs).map((path) => path.split("/").at(-2)!))];

const bytesOf = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());

interface Args {
  steps: number;
  optimizer: { lr: number; weightDecay: number; betas: [number, number]; eps: number };
  classWeights: number[] | null;
  classes: number;
  loss?: StepLoss;
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

/**
 * Largest relative error of each of a case's results on this device: losses, logits, gradients, trainables. Infinite where
 * one is missing or has another shape.
 */
export async function referenceErrors(name: string, device: EngineDevice): Promise<{ name: string; error: number }[]> {
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
    loss: args.loss,
    optimizer: { name: "adamw", beta1: betas[0], beta2: betas[1], eps, weightDecay, headL2: 0 },
    lr,
    steps: args.steps,
    seed: 0,
    initial,
  });
  return expected.map((want) => {
    const got = out.find((t) => t.name === want.name);
    const skip = args.illConditioned[want.name.replace(/^grad\./, "")] ?? [];
    const fits = got?.shape.join() === want.shape.join();
    return { name: want.name, error: fits ? relativeError(got!.data, want.data, skip) : Number.POSITIVE_INFINITY };
  });
}
