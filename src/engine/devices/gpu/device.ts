/** The WebGPU device: acquired with what the adapter offers, with its pipelines by shader text. The only user of navigator.gpu. */
import { messageOf, RadaptError } from "../../../base/error";
import type { Device } from "../../training/device";
import type { DeviceInfo, EngineDevice } from "../../types";
import { DeviceErrors } from "./device-errors";
import { createGpuInferenceProgram } from "./inference-program";
import { estimate } from "./memory-estimate";
import { SubmitBudget } from "./submit-budget";
import { createGpuTrainingProgram } from "./training-program";
import { KernelTuner, type TuningStore } from "./tuner";
import { WeightStore } from "./weights";

export class GpuContext {
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private readonly deviceErrors: DeviceErrors;
  readonly weights: WeightStore;
  readonly submitBudget: SubmitBudget;
  /** Absent: every kernel is the usual one. */
  readonly tuner: KernelTuner | undefined;

  constructor(
    readonly device: GPUDevice,
    readonly info: DeviceInfo,
    { tuning, submitBudget = new SubmitBudget() }: Pick<WebGpuOptions, "tuning" | "submitBudget"> = {},
  ) {
    this.deviceErrors = new DeviceErrors(device);
    this.weights = new WeightStore(device);
    this.submitBudget = submitBudget;
    if (tuning) this.tuner = new KernelTuner(this, tuning);
  }

  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  /** The layout of storage buffers bound with these kinds of access. */
  layout(access: readonly ("read" | "read_write")[]): GPUBindGroupLayout {
    const key = access.join();
    let layout = this.layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({
        entries: access.map((kind, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: kind === "read" ? "read-only-storage" : "storage" },
        })),
      });
      this.layouts.set(key, layout);
    }
    return layout;
  }

  /** The pipeline of a shader; equal text is compiled once. */
  pipeline(code: string, access: readonly ("read" | "read_write")[]): Promise<GPUComputePipeline> {
    let made = this.pipelines.get(code);
    if (!made) {
      const module = this.device.createShaderModule({ code });
      const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.layout(access)] });
      made = this.device
        .createComputePipelineAsync({ layout, compute: { module, entryPoint: "main" } })
        .catch((error) => {
          this.pipelines.delete(code);
          throw new Error(`Radapt defect: a shader does not compile: ${messageOf(error)}\n${code}`);
        });
      this.pipelines.set(code, made);
    }
    return made;
  }

  /** @throws RadaptError `gpu.memory` when the device cannot make it */
  buffer(bytes: number, usage: number, label: string): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const most = this.device.limits.maxBufferSize;
    if (size > most) {
      throw new RadaptError(`Too large for this graphics adapter: ${label}`, {
        code: "gpu.memory",
        expected: `at most ${Math.floor(most / 2 ** 20)} MiB in one buffer`,
        got: `${Math.ceil(size / 2 ** 20)} MiB`,
        remedy: "Use a smaller batch, a smaller backbone, or a method that trains fewer layers.",
      });
    }
    return this.device.createBuffer({ size, usage, label });
  }

  /**
   * Copies a part of a buffer to the CPU; waits for all work before it.
   *
   * @throws RadaptError `gpu.memory` or `gpu.fault` where the device did not do all that it was asked for
   */
  async read(source: GPUBuffer, offset: number, bytes: number): Promise<Float32Array> {
    if (bytes === 0) return new Float32Array();
    const staging = this.buffer(bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "read back");
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, offset, staging, 0, bytes);
    this.device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ);
      this.deviceErrors.check();
      return new Float32Array(staging.getMappedRange().slice(0, bytes));
    } finally {
      staging.destroy();
    }
  }
}

const REMEDY =
  "Use a current Chrome or Edge with hardware acceleration switched on (chrome://gpu tells), or start Chromium with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader for software WebGPU. Without WebGPU training runs on the CPU.";

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

/** Used where they are offered. */
const FEATURES = ["subgroups", "shader-f16"] as const;

function describe(adapter: GPUAdapter, device: GPUDevice): DeviceInfo {
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

export interface WebGpuOptions {
  /** WebGPU's entry point where there is no navigator (Dawn in Node). */
  gpu?: GPU;
  /** Where measured choices of kernels are remembered; without it nothing is measured. */
  tuning?: TuningStore;
  /** How much a submit may hold. */
  submitBudget?: SubmitBudget;
}

/**
 * Acquires the default adapter with its largest buffers.
 *
 * @throws RadaptError `gpu.no-adapter` with what to do
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
  return new GpuContext(device, describe(adapter, device), options);
}

/**
 * The default adapter as a device of the engine.
 *
 * @throws RadaptError `gpu.no-adapter` with what to do
 */
export async function createWebGpuDevice(options: WebGpuOptions = {}): Promise<EngineDevice> {
  const context = await openContext(options);
  const { device } = context;
  const backend: Device = {
    info: context.info,
    lost: device.lost.then(({ reason, message }) => `${reason}: ${message}`),
    createInferenceProgram: (image, outputs, signal) => createGpuInferenceProgram(context, image, outputs, signal),
    createTrainingProgram: (graph, options) => createGpuTrainingProgram(context, graph, options),
    estimate: (graph, options) => estimate(context, graph, options),
    dispose: () => device.destroy(),
  };
  return backend;
}
