/**
 * Opens the WebGPU device with the largest limits of its adapter. Only this file uses
 * `navigator.gpu`.
 */
import { messageOf, RadaptError } from "../../../base/error";
import type { Device } from "../../training/device";
import type { DeviceInfo, EngineDevice } from "../../types";
import { GpuContext } from "./context";
import { createGpuInferenceProgram } from "./inference-program";
import type { SubmitBudget } from "./submit-budget";
import { type GpuTrainingPlan, planGpuTraining } from "./training-plan";
import { createGpuTrainingProgram } from "./training-program";
import { KernelTuner, type TuningStore } from "./tuner";

const REMEDY =
  "Use a current Chrome or Edge with hardware acceleration switched on (chrome://gpu " +
  "tells), or start Chromium with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader " +
  "for software WebGPU. Without WebGPU training runs on the CPU.";

function noAdapter(got: string): RadaptError {
  return new RadaptError("No WebGPU adapter was found", {
    code: "gpu.no-adapter",
    expected: "a graphics adapter that offers WebGPU",
    got,
    remedy: REMEDY,
  });
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
] as const;

/** Optional features, requested where the adapter offers them. */
const FEATURES = ["subgroups", "shader-f16"] as const;

function deviceInfo(adapter: GPUAdapter, device: GPUDevice): DeviceInfo {
  const { vendor, architecture, description, device: name } = adapter.info;
  const isFallback = adapter.info.isFallbackAdapter === true;
  const text = [vendor, architecture, name, description].join(" ").toLowerCase();
  const software = isFallback || /swiftshader|llvmpipe|lavapipe|software|basic render/.test(text);
  const label = [description || name || vendor, architecture].filter(Boolean).join(" · ") || "unnamed adapter";
  return {
    kind: "webgpu",
    label: software ? `${label} (software)` : label,
    vendor,
    architecture,
    description,
    software,
    features: [...device.features].sort(),
    limits: Object.fromEntries(LIMITS.map((name_) => [name_, device.limits[name_]])),
  };
}

/** How to open the device. */
export interface WebGpuOptions {
  /** WebGPU's entry point where there is no `navigator`, such as Dawn in Node. */
  gpu?: GPU;
  /** Where the tuner keeps the kernels that it measured as fastest. Absent: it measures nothing. */
  tuning?: TuningStore;
  /** Bounds the work of one submit. Default: a new budget. */
  submitBudget?: SubmitBudget;
}

/**
 * Opens the default adapter with the largest buffers that it allows.
 *
 * @throws RadaptError `gpu.no-adapter`, with a remedy
 */
export async function openContext(options: WebGpuOptions = {}): Promise<GpuContext> {
  const gpu = options.gpu ?? (typeof navigator === "undefined" ? undefined : navigator.gpu);
  if (!gpu) throw noAdapter("this browser does not offer WebGPU");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) throw noAdapter("WebGPU is offered, but no adapter");
  const requiredLimits = Object.fromEntries(LIMITS.slice(0, 5).map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = FEATURES.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures }).catch((error: unknown) => {
    throw noAdapter(`an adapter that gives no device (${messageOf(error)})`);
  });
  const context = new GpuContext(device, deviceInfo(adapter, device), options.submitBudget);
  if (options.tuning) context.tuner = new KernelTuner(context, options.tuning);
  return context;
}

/**
 * Opens the default adapter as a device of the engine.
 *
 * @throws RadaptError `gpu.no-adapter`, with a remedy
 */
export async function createWebGpuDevice(options: WebGpuOptions = {}): Promise<EngineDevice> {
  const context = await openContext(options);
  const { device } = context;
  const backend: Device<GpuTrainingPlan> = {
    info: context.info,
    lost: device.lost.then(({ reason, message }) => `${reason}: ${message}`),
    createInferenceProgram: (image, outputs, signal) => createGpuInferenceProgram(context, image, outputs, signal),
    planTraining: (graph, options) => planGpuTraining(context, graph, options),
    createTrainingProgram: (plan, options = {}) => createGpuTrainingProgram(context, plan, options),
    dispose: () => device.destroy(),
  };
  return backend;
}
