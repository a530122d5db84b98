/** The device that computes: the WebGPU adapter, or the processor and the reason why. */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { DeviceChoice, Environment } from "../../worker/protocol";
import { services } from "./services";

export interface EnvironmentState {
  status: "looking" | "known" | "failed";
  environment: Environment | null;
  error: ErrorDetails | null;
}

export const environmentStore = createStore<EnvironmentState>(() => ({
  status: "looking",
  environment: null,
  error: null,
}));

export async function loadEnvironment(): Promise<void> {
  try {
    environmentStore.setState({ status: "known", environment: await services().worker.environment(), error: null });
  } catch (error) {
    environmentStore.setState({ status: "failed", error: detailsOf(error) });
  }
}

/** Chooses the device that trains. The choice counts from the next plan on. */
export async function chooseDevice(choice: DeviceChoice): Promise<void> {
  environmentStore.setState({ environment: await services().worker.chooseDevice(choice) });
}

/** The sentence that says why the processor trains; empty if another device trains. */
export function whyProcessor({ device, choice, adapter, deviceError }: Environment): string {
  if (device.kind !== "wasm") return "";
  if (deviceError) return "There is no WebGPU here.";
  if (choice === "wasm") return "That was chosen in the status line.";
  return `The only graphics adapter here, ${adapter?.label}, computes on the CPU as well, where WebAssembly is faster.`;
}

/** A short text for the status bar. */
export function adapterLabel(state: EnvironmentState): string {
  if (state.status === "looking") return "Looking for a graphics adapter…";
  if (state.status === "failed") return "The worker did not start";
  const { device, deviceError } = state.environment!;
  if (device.kind === "wasm") return deviceError ? "No WebGPU: training runs on the CPU" : "Training runs on the CPU";
  return device.software && !/software/i.test(device.label) ? `${device.label} (software)` : device.label;
}
