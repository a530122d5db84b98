/** The engine's one door. */

export { adapters, completeMethod, methodFromPeftConfig, methodIds } from "./adapters";
export type { AdapterDef, ConfigField } from "./adapters/define";
export { createCpuDevice } from "./cpu";
export { type AdaptedBackbone, type ExportedModel, exportOnnx } from "./export-onnx";
export {
  applyFeature,
  chooseFeature,
  type FeatureChoice,
  featureKindIds,
  featureKinds,
  isInnerFeature,
} from "./feature-choice";
export { createWebGpuDevice } from "./gpu/device";
export type { TuningStore } from "./gpu/tuner";
export { type Inspection, inspectModel, printModel } from "./inspect";
export { adjustsLogits, type LossTargets, logitAdjustment, lossTargets, oneHot, targetsOf } from "./loss";
export { totalBytes } from "./memory";
export { type OpenOptions, openModel } from "./model";
export { externalFiles, idleInputs, readMetadata } from "./onnx/file";
export { type WrittenOnnx, writeOnnx } from "./onnx/writer";
export { fromTorch, type TorchOptimizer } from "./optim/torch";
export { loadStoredCases, type SelfTestOptions, selfTest } from "./selftest";
export type { SelfTestRow } from "./selftest/row";
export { errorText, failures, groups, type SelfTestGroup, summarise } from "./selftest/summary";
export { createTrainer, forecastMemory } from "./session";
export { lossSpec, runSteps, type StepLoss, type StepsRequest } from "./step";
export * from "./types";
export { createWasmDevice } from "./wasm/device";
export type { GraphRuntime, RuntimeSession, RuntimeTensor } from "./wasm/runtime";
