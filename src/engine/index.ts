/** The engine's one door. */

export { adapters, completeMethod, methodFromPeftConfig, methodIds } from "./adapters";
export type { AdapterDef, ConfigField } from "./adapters/define";
export {
  applyFeature,
  chooseFeature,
  type FeatureChoice,
  featureKindIds,
  featureKinds,
  isInnerFeature,
} from "./backbone/feature-choice";
export { type Inspection, inspectModel, printModel } from "./backbone/inspect";
export { type OpenOptions, openModel } from "./backbone/open";
export { createCpuDevice } from "./devices/cpu";
export { createWebGpuDevice } from "./devices/gpu/device";
export type { TuningStore } from "./devices/gpu/tuner";
export { createWasmDevice } from "./devices/wasm/device";
export type { GraphRuntime, RuntimeSession, RuntimeTensor } from "./devices/wasm/runtime";
export { type AdaptedBackbone, type ExportedModel, exportOnnx } from "./export/export-onnx";
export { totalBytes } from "./memory";
export { externalFiles, idleInputs, readMetadata } from "./onnx/file";
export { type WrittenOnnx, writeOnnx } from "./onnx/writer";
export { fromTorch, type TorchOptimizer } from "./optim/torch";
export { loadStoredCases, type SelfTestOptions, selfTest } from "./selftest";
export type { SelfTestRow } from "./selftest/row";
export { errorText, failures, groups, type SelfTestGroup, summarise } from "./selftest/summary";
export { adjustsLogits, type LossTargets, logitAdjustment, lossTargets, oneHot, targetsOf } from "./training/loss";
export { lossSpec, runSteps, type StepLoss, type StepsRequest } from "./training/reference-steps";
export { createTrainer, estimateMemory } from "./training/trainer";
export * from "./types";
