/**
 * The processor as a device: training graphs written as ONNX and run by a given runtime (onnxruntime-web on WASM). What
 * trains where there is no WebGPU, and an oracle of the WebGPU kernels that shares none of their code. The same bits come of the
 * same seed and number of threads: onnxruntime's threads share out rows, and no sum is spread over them.
 */
import type { Device } from "../../training/device";
import type { EngineDevice } from "../../types";
import { openGraph } from "./graph";
import type { GraphRuntime } from "./runtime";
import { createWasmTrainingProgram, estimateWasm, inferenceBytes } from "./training-program";

/** @param runtime computes; the device does not own it */
export function createWasmDevice(runtime: GraphRuntime): EngineDevice {
  const backend: Device = {
    info: {
      kind: "wasm",
      label: `CPU, ${runtime.label}`,
      vendor: "",
      architecture: "",
      description: "the processor, through WebAssembly",
      software: true,
      features: [],
      limits: {},
    },
    lost: new Promise(() => {}),
    createInferenceProgram: async (image, values) => {
      const wanted = values.map((value, i) => ({ name: `frozen/${i}`, value }));
      const graph = await openGraph(runtime, wanted);
      const { dispose } = graph;
      return {
        bytes: inferenceBytes(image, values),
        run: (data) => graph.run(new Map([[image, data]]), wanted),
        dispose,
      };
    },
    createTrainingProgram: (graph, options) => createWasmTrainingProgram(runtime, graph, options),
    estimate: estimateWasm,
    dispose: () => {},
  };
  return backend;
}
