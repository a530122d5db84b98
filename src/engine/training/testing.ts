/** Reference cases for tests: PyTorch's optimisation steps (tools/reference), repeated on a device. */
import { repeatSteps } from "../selftest/method-check";
import { byteFiles, parseCase, type ReferenceCase } from "../selftest/stored-cases";
import type { EngineDevice } from "../types";

const files = import.meta.glob<string>("../../../tools/reference/fixtures/*/*.{onnx,safetensors}", {
  query: "?inline",
  import: "default",
});
const configs = import.meta.glob<Record<string, never>>("../../../tools/reference/fixtures/*/*.json", {
  import: "default",
});
const root = "../../../tools/reference/fixtures";
/** Names of the cases. */
export const referenceCases = [...new Set(Object.keys(configs).map((path) => path.split("/").at(-2)!))];

const bytesOf = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());

async function load(name: string): Promise<ReferenceCase> {
  const at = (file: string) => `${root}/${name}/${file}`;
  const [method, args] = await Promise.all(["method.json", "args.json"].map((file) => configs[at(file)]()));
  return parseCase(name, method, args, await Promise.all(byteFiles.map((file) => bytesOf(at(file)))));
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
  const c = await load(name);
  const out = await repeatSteps(device, c);
  return c.expected.map((want) => {
    const got = out.find((t) => t.name === want.name);
    const skip = c.args.illConditioned[want.name.replace(/^grad\./, "")] ?? [];
    const fits = got?.shape.join() === want.shape.join();
    return { name: want.name, error: fits ? relativeError(got!.data, want.data, skip) : Number.POSITIVE_INFINITY };
  });
}
