/**
 * A WebGPU device with what its programs share: compiled pipelines, weights and reported errors.
 */
import { messageOf, RadaptError } from "../../../base/error";
import type { AccessMode, Dispatch, Kernel } from "../../plan/dispatch";
import type { DeviceInfo } from "../../types";
import { DeviceErrors } from "./device-errors";
import { SubmitBudget } from "./submit-budget";
import { WeightStore } from "./weights";

/** Chooses among a dispatch's kernels, which all compute the same bits. */
export interface KernelChooser {
  /**
   * @returns a function that gives the kernel to run for each of these dispatches
   * @throws the signal's reason when aborted
   */
  choose(dispatches: readonly Dispatch[], signal?: AbortSignal): Promise<(dispatch: Dispatch) => Kernel>;
}

export class GpuContext {
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private readonly deviceErrors: DeviceErrors;
  readonly weights: WeightStore;
  /** Absent: each dispatch runs its default kernel. */
  tuner?: KernelChooser;

  constructor(
    readonly device: GPUDevice,
    readonly info: DeviceInfo,
    readonly submitBudget = new SubmitBudget(),
  ) {
    this.deviceErrors = new DeviceErrors(device);
    this.weights = new WeightStore(device);
  }

  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  /** The layout of a bind group of storage buffers with these kinds of access, in binding order. */
  layout(access: readonly AccessMode[]): GPUBindGroupLayout {
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

  /**
   * Compiles a shader to a pipeline. Equal text compiles only once.
   *
   * @throws Error when the shader does not compile, which is a defect of Radapt
   */
  pipeline(code: string, access: readonly AccessMode[]): Promise<GPUComputePipeline> {
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

  /**
   * Creates a buffer of at least 16 bytes, rounded up to a multiple of 16.
   *
   * @throws RadaptError `gpu.memory` when it exceeds the device's limit for one buffer
   */
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
   * Copies a range of a buffer to the CPU. Waits for all work submitted before.
   *
   * @param offset in bytes
   * @throws RadaptError `gpu.memory` or `gpu.fault` when the device reported an error since the
   *   last check
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
