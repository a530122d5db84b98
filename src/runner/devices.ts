/** Opens the device that runs train on, and says when it is lost for good. */
import { messageOf, RadaptError } from "../base";
import type { EngineDevice } from "../engine/types";

export interface OpenedDevice {
  device: EngineDevice;
  /** Why there is no WebGPU adapter, where `device` is the processor instead; else null. */
  missing: Error | null;
}

export type OpenDevice = () => Promise<OpenedDevice>;

/**
 * Opens WebGPU, or the processor with the reason why WebGPU is missing. The processor is slower;
 * its results differ only by rounding.
 */
export async function openDeviceOrCpu(
  openWebGpu: () => Promise<EngineDevice>,
  createCpu: () => EngineDevice,
): Promise<OpenedDevice> {
  try {
    return { device: await openWebGpu(), missing: null };
  } catch (error) {
    const missing = error instanceof Error ? error : new Error(messageOf(error));
    return { device: createCpu(), missing };
  }
}

/**
 * Opens a graphics card, else the processor. A software adapter computes on the processor too, many
 * times slower than WebAssembly.
 */
export async function openFastest(
  openWebGpu: () => Promise<EngineDevice>,
  createCpu: () => EngineDevice,
): Promise<OpenedDevice> {
  const opened = await openDeviceOrCpu(openWebGpu, createCpu);
  if (opened.missing || !opened.device.info.software) return opened;
  opened.device.dispose();
  return { device: createCpu(), missing: null };
}

export function deviceLost(reason: string): RadaptError {
  return new RadaptError("The graphics device was lost twice; the plan stops here.", {
    code: "device.lost",
    got: reason,
    expected: "a device that stays for the length of a run",
    remedy:
      "Finished runs are kept. Close other programs that use the GPU, choose a smaller batch or backbone, " +
      "and resume the plan.",
  });
}
