/**
 * onnxruntime-web with the network as an .onnx file. It runs only the forward pass, since it does
 * not train.
 */
import type * as Ort from "onnxruntime-web";
import type { Contestant, LoadContestant, Runner } from "../contestant";
import { batchOf, type Network, vitOnnx } from "../vit";

type Provider = "webgpu" | "wasm";

async function runnerOf(ort: typeof Ort, net: Network, provider: Provider): Promise<Runner> {
  const options = { executionProviders: [provider], logSeverityLevel: 3 } as const;
  const session = await ort.InferenceSession.create(vitOnnx(net), options);
  const { images } = batchOf(net);
  const input = new ort.Tensor("float32", images.data, images.shape);
  let last: Float32Array;
  return {
    run: async () => {
      const { features } = await session.run({ pixel_values: input });
      last = (await features.getData()) as Float32Array;
      return {};
    },
    results: async () => ({ features: last }),
    dispose: () => void session.release(),
  };
}

/** @param wasmPaths folder of its .wasm files; undefined if it finds them itself */
export const onnxruntime =
  (ort: typeof Ort, provider: Provider, wasmPaths?: string): LoadContestant =>
  async () => {
    const { env } = ort;
    env.logLevel = "error";
    if (wasmPaths) env.wasm.wasmPaths = wasmPaths;
    env.wasm.numThreads = globalThis.navigator?.hardwareConcurrency ?? 2;
    const open: Contestant["open"] = (net) => runnerOf(ort, net, provider);
    return { label: `onnxruntime-web (${provider === "wasm" ? "WASM" : "WebGPU"})`, works: ["forward"], open };
  };
