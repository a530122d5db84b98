/** What computes: the WebGPU adapter, or the processor, and why. */
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

/** Trains on the graphics card or on the processor from the next plan on. */
export async function chooseDevice(choice: DeviceChoice): Promise<void> {
  environmentStore.setState({ environment: await services().worker.chooseDevice(choice) });
}

/** Why the processor trains, in a sentence; empty where it does not. */
export function whyProcessor({ device, choice, adapter, deviceError }: Environment): string {
  if (device.kind !== "wasm") return "";
  if (deviceError) return "There is no WebGPU here.";
  if (choice === "wasm") return "That was chosen in the status line.";
  return `The only graphics adapter here, ${adapter?.label}, computes on the CPU as well, where WebAssembly is faster.`;
}

/** One short line for the status bar. */
export function adapterLabel(state: EnvironmentState): string {
  if (state.status === "looking") return "Looking for a graphics adapter…";
  if (state.status === "failed") return "The worker did not start";
  const { device, deviceError } = state.environment!;
  if (device.kind === "wasm") return deviceError ? "No WebGPU: training runs on the CPU" : "Training runs on the CPU";
  return device.software && !/software/i.test(device.label) ? `${device.label} (software)` : device.label;
}
