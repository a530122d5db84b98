/**
 * Reference cases for tests: PyTorch's optimisation steps (tools/reference), repeated on a device.
 */
import { worstElement } from "../../base/closeness";
import type { EngineDevice } from "../types";
import { repeatSteps } from "./method-check";
import { comparePair, STEP_TOLERANCE } from "./step-comparison";
import { byteFiles, parseCase, type ReferenceCase } from "./stored-cases";

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

const fetchBytes = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());

async function load(name: string): Promise<ReferenceCase> {
  const at = (file: string) => `${root}/${name}/${file}`;
  const [method, args] = await Promise.all(["method.json", "args.json"].map((file) => configs[at(file)]()));
  return parseCase(name, method, args, await Promise.all(byteFiles.map((file) => fetchBytes(at(file)))));
}

/**
 * The largest error of each result of a case on this device (losses, logits, gradients,
 * trainables). It is at most STEP_TOLERANCE where every element agrees, and infinite where a result
 * is missing or has another shape.
 */
export async function referenceErrors(name: string, device: EngineDevice): Promise<{ name: string; error: number }[]> {
  const c = await load(name);
  const out = await repeatSteps(device, c);
  return c.expected.map((want) => {
    const pair = comparePair(
      c,
      want,
      out.find((t) => t.name === want.name),
    );
    return { name: want.name, error: worstElement({ ...pair, got: pair.got ?? [], rtol: STEP_TOLERANCE }).error };
  });
}
