/** Which adapter computes, or why none does. */
import { createStore } from "zustand/vanilla";
import { messageOf } from "../../base";
import type { Environment } from "../../worker/protocol";
import { services } from "./services";

export interface EnvironmentState {
  status: "looking" | "known" | "failed";
  environment: Environment | null;
  error: string | null;
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
    environmentStore.setState({ status: "failed", error: messageOf(error) });
  }
}

/** One short line for the status bar. */
export function adapterLabel(state: EnvironmentState): string {
  if (state.status === "looking") return "Looking for a graphics adapter…";
  if (state.status === "failed") return "The worker did not start";
  const device = state.environment?.device;
  if (!device) return "No WebGPU adapter";
  return device.software && !/software/i.test(device.label) ? `${device.label} (software)` : device.label;
}
