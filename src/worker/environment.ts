/**
 * The device that runs train on: what the person chose, what this machine has, and how to open it.
 */
import { detailsOf } from "../base";
import { createWasmDevice, createWebGpuDevice, type GraphRuntime } from "../engine/index";
import type { FeatureRuntime } from "../models/ort";
import { type OpenDevice, openDeviceOrCpu, openFastest } from "../runner/devices";
import { version } from "../runner/version";
import type { BrowserStorage } from "../storage";
import { type DeviceChoice, deviceChoices, type Environment, type WorkerApi } from "./protocol";

/** Key of the setting. */
const deviceSetting = "device";

export interface DeviceTasks extends Pick<WorkerApi, "environment" | "chooseDevice"> {
  openDevice: OpenDevice;
}

export function createDeviceTasks(
  store: () => Promise<Pick<BrowserStorage, "settings">>,
  runtime: () => FeatureRuntime & GraphRuntime,
): DeviceTasks {
  const chosen = async (): Promise<DeviceChoice> => {
    const stored = await (await store()).settings.get(deviceSetting);
    return deviceChoices.find((choice) => choice === stored) ?? "auto";
  };
  const openCpu = () => createWasmDevice(runtime());
  const openWebGpu = async () => createWebGpuDevice({ tuning: (await store()).settings });

  const environment = async (): Promise<Environment> => {
    const opening = openDeviceOrCpu(createWebGpuDevice, openCpu);
    const [choice, { device: best, missing }] = await Promise.all([chosen(), opening]);
    best.dispose();
    const { label, software } = best.info;
    const trainsOnCpu = choice === "wasm" || (choice === "auto" && software);
    return {
      device: trainsOnCpu ? openCpu().info : best.info,
      choice,
      adapter: missing ? null : { label, software },
      deviceError: missing && detailsOf(missing),
      featureRuntime: runtime().label,
      version,
      crossOriginIsolated: globalThis.crossOriginIsolated,
    };
  };

  return {
    environment,
    chooseDevice: async (choice) => {
      await (await store()).settings.put(deviceSetting, choice);
      return environment();
    },
    openDevice: async () => {
      const choice = await chosen();
      if (choice === "wasm") return { device: openCpu(), missing: null };
      return (choice === "auto" ? openFastest : openDeviceOrCpu)(openWebGpu, openCpu);
    },
  };
}
