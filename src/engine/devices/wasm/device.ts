/**
 * The processor as a device. It writes training graphs as ONNX and runs them in a given runtime
 * (onnxruntime-web on WASM). It trains where there is no WebGPU. It also checks the WebGPU kernels,
 * because it shares no code with them.
 *
 * The same seed and number of threads give the same bits: onnxruntime's threads divide the rows
 * among them, and each thread sums its rows alone.
 */
import type { Device } from "../../training/device";
import type { EngineDevice } from "../../types";
import { openGraphSession } from "./graph";
import { inferenceBytes, planWasmTraining, type WasmPlan } from "./memory";
import type { GraphRuntime } from "./runtime";
import { createWasmTrainingProgram } from "./training-program";

/** @param runtime runs the graphs. The caller disposes of it. */
export function createWasmDevice(runtime: GraphRuntime): EngineDevice {
  const backend: Device<WasmPlan> = {
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
      const graph = await openGraphSession(runtime, wanted);
      const { dispose } = graph;
      return {
        bytes: inferenceBytes(image, values),
        run: (data) => graph.run(new Map([[image, data]]), wanted),
        dispose,
      };
    },
    planTraining: planWasmTraining,
    createTrainingProgram: (plan, options = {}) => createWasmTrainingProgram(runtime, plan, options),
    dispose: () => {},
  };
  return backend;
}
