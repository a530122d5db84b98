/**
 * The worker's profile of a training step, on a device of its own with a timer around each
 * dispatch.
 */
import { RadaptError } from "../base";
import { createTimedDevice } from "../engine/devices/gpu/timing";
import type { FeatureKind } from "../engine/types";
import type { OpenDevice } from "../runner/devices";
import { profileBackbone } from "../runner/profile";
import type { BrowserStorage } from "../storage";
import { paced } from "./clock";
import { type BackboneLibrary, openBackboneModel } from "./library";
import type { WorkerApi } from "./protocol";
import type { Tasks } from "./tasks";

interface ProfileTools {
  store(): Promise<Pick<BrowserStorage, "settings">>;
  library: BackboneLibrary;
  openDevice: OpenDevice;
  tasks: Tasks;
}

export function createProfileTasks({ store, library, openDevice, tasks }: ProfileTools): Pick<WorkerApi, "profile"> {
  return {
    profile: ({ backboneId, method, batch }, onProgress) =>
      tasks.measuring(async (signal) => {
        const row = await library.find(backboneId);
        await assertTrainsOnGpu(openDevice);
        const model = openBackboneModel(await library.bytes(row, signal), row, row);
        const { device, timer } = await createTimedDevice((await store()).settings);
        return profileBackbone({
          model,
          device,
          timer,
          method,
          batch,
          size: row.preprocessing.size,
          feature: row.feature as FeatureKind,
          onProgress: paced(onProgress),
          signal,
        }).finally(() => device.dispose());
      }),
  };
}

/** @throws RadaptError `profile.cpu` where the processor trains */
async function assertTrainsOnGpu(openDevice: OpenDevice): Promise<void> {
  const { device } = await openDevice();
  device.dispose();
  if (device.info.kind === "webgpu") return;
  throw new RadaptError("Training runs on the CPU here, and its kernels cannot be timed one by one.", {
    code: "profile.cpu",
    expected: "a WebGPU adapter",
    remedy: "Choose the graphics adapter under “Train on” in the status line, if there is one.",
  });
}
