/** The engine's public interface. Everything outside the engine imports from here. */

export { adapters, completeMethod, methodFromPeftConfig, methodIds } from "./adapters";
export { type AdapterFiles, exportAdapter, importAdapter } from "./adapters/checkpoint";
export type { FeatureSource } from "./backbone/features";
export { type Inspection, inspectModel, printModel } from "./backbone/inspect";
export { type OpenOptions, openModel } from "./backbone/open";
export { createCpuDevice } from "./devices/cpu";
export { openDawn } from "./devices/gpu/dawn";
export { createWebGpuDevice } from "./devices/gpu/device";
export type { TuningStore } from "./devices/gpu/tuner";
export { createWasmDevice } from "./devices/wasm/device";
export type { GraphRuntime, RuntimeSession } from "./devices/wasm/runtime";
export { exportOnnx } from "./export/export-onnx";
export { adjustsLogits, type LossDef, losses } from "./losses";
export { totalBytes } from "./memory";
export { externalFiles, idleInputs, readMetadata } from "./onnx/file";
export type { WrittenOnnx } from "./onnx/writer";
export { type OptimizerDef, optimizers, type TorchArguments, torchArgumentsSchema } from "./optim";
export { loadStoredCases, selfTest } from "./selftest";
export { errorText, failures, groups, summarise } from "./selftest/summary";
export { estimateMemory, planTraining } from "./training/plan";
export { runSteps } from "./training/reference-steps";
export { type StepLoss, stepLossSchema } from "./training/step-loss";
export { targetsOf } from "./training/targets";
export { createTrainer } from "./training/trainer";
export * from "./types";
