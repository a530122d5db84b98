/**
 * Opens the engine's device in Node: WebGPU through Dawn (with a Vulkan driver on Linux), WASM, or
 * the CPU interpreter.
 */
import { existsSync } from "node:fs";
import process from "node:process";
import { messageOf, RadaptError } from "../base";
import { openDawn } from "../engine/devices/gpu/dawn";
import { type DispatchTimer, timeDispatches } from "../engine/devices/gpu/timing";
import { createCpuDevice, createWasmDevice, createWebGpuDevice, type EngineDevice } from "../engine/index";
import { nodeFeatureRuntime } from "./node-runtime";
import { kernelChoices } from "./tuning";

export const deviceKinds = ["webgpu", "wasm", "cpu"] as const;
export type NodeDeviceKind = (typeof deviceKinds)[number];

/** Text for the help of commands. */
export const deviceHelp = "webgpu (default), wasm (the processor) or cpu (the reference interpreter: very slow)";

/** Software drivers that come with Chromium and Chrome. Vulkan does not find them by itself. */
const chromiumDrivers = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
];

export interface DeviceOptions {
  /** Wraps WebGPU's entry point, for example to time its dispatches. */
  wrap?: (gpu: GPU) => GPU;
  /** Measures unknown kernels and keeps the fastest. Worth its time for long work. */
  tuned?: boolean;
}

/**
 * @param say prints a line for the user if Radapt chose a driver
 * @throws RadaptError `gpu.no-adapter` with what to install
 */
export async function openNodeDevice(
  kind: NodeDeviceKind,
  say: (line: string) => void,
  options: DeviceOptions = {},
): Promise<EngineDevice> {
  if (kind === "cpu") return createCpuDevice();
  if (kind === "wasm") return openProcessor();
  try {
    return await openWebGpu(options);
  } catch (error) {
    if (error instanceof RadaptError && error.code === "gpu.no-dawn") throw error;
    const driver = fallbackDriver();
    if (!driver) throw withNodeRemedy(error);
    process.env.VK_ICD_FILENAMES = driver;
    say(`This machine has no graphics adapter; using Chromium's software driver ${driver} (slow).`);
    return openWebGpu(options).catch((second: unknown) => {
      throw withNodeRemedy(second);
    });
  }
}

/** The processor, through onnxruntime-web on WASM. */
export function openProcessor(): EngineDevice {
  return createWasmDevice(nodeFeatureRuntime());
}

/** Chromium's software driver, on Linux and only if the environment names no other driver. */
function fallbackDriver(): string | undefined {
  if (process.platform !== "linux" || process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return undefined;
  return chromiumDrivers.find((path) => existsSync(path));
}

/**
 * Opens WebGPU through Dawn and times its dispatches.
 * @throws RadaptError `gpu.no-adapter`
 */
export async function openTimedDevice(
  say: (line: string) => void,
): Promise<{ device: EngineDevice; timer: DispatchTimer }> {
  let timer: DispatchTimer | undefined;
  const wrap = (gpu: GPU) => {
    timer = timeDispatches(gpu);
    return timer.gpu;
  };
  const device = await openNodeDevice("webgpu", say, { wrap, tuned: true });
  return { device, timer: timer! };
}

async function openWebGpu({ wrap, tuned }: DeviceOptions): Promise<EngineDevice> {
  const gpu = await openDawn();
  return createWebGpuDevice({ gpu: wrap ? wrap(gpu) : gpu, tuning: tuned ? kernelChoices() : undefined });
}

function withNodeRemedy(error: unknown): RadaptError {
  const given = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES;
  const linux =
    "Install a Vulkan driver: the graphics card's own, or a software one (Debian: " +
    "apt-get install libvulkan1 mesa-vulkan-drivers; or apt-get install libvulkan1 chromium " +
    "and set VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json).";
  const driver = process.platform === "linux" ? linux : "Update the graphics driver.";
  return new RadaptError("No WebGPU adapter was found.", {
    code: "gpu.no-adapter",
    where: given ? `VK_ICD_FILENAMES=${given}` : `${process.platform} ${process.arch}`,
    expected: "a graphics adapter that Dawn (package webgpu) can use through Vulkan, Metal or Direct3D",
    got: error instanceof RadaptError ? (error.parts.got ?? error.parts.code) : messageOf(error),
    remedy: `${driver} Or pass --device wasm: slower, on the processor.`,
  });
}
