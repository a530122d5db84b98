/** The worker's tasks around backbones: add one, change its settings, describe its file. */
import type { FeatureRuntime } from "../models/ort";
import { receiveBackbone } from "../runner/add-backbone";
import type { OpenDevice } from "../runner/devices";
import { trainingEngine } from "../runner/engine";
import { type BrowserStorage, storageEstimate } from "../storage";
import { paced } from "./clock";
import { type BackboneLibrary, openBackboneModel } from "./library";
import type { WorkerApi } from "./protocol";
import type { Tasks } from "./tasks";

interface BackboneTools {
  store(): Promise<Pick<BrowserStorage, "backbones">>;
  library: BackboneLibrary;
  runtime(): FeatureRuntime;
  openDevice: OpenDevice;
  tasks: Tasks;
}

type BackboneApi = Pick<WorkerApi, "addBackbone" | "updateBackbone" | "describeBackbone">;

export function createBackboneTasks({ store, library, runtime, openDevice, tasks }: BackboneTools): BackboneApi {
  return {
    addBackbone: (request, onProgress) =>
      tasks.abortable(async (signal) => {
        const { backbones } = await store();
        const { device } = await openDevice();
        try {
          const { openModel, createTrainer } = trainingEngine;
          const room = await freeBytes();
          const arrived = await receiveBackbone(request, {
            openModel,
            createTrainer,
            runtime: runtime(),
            device,
            room,
            signal,
            onProgress: paced(onProgress),
          });
          await backbones.add(arrived.backbone, new Blob([arrived.bytes]));
          return { backbone: arrived.backbone, check: arrived.check };
        } finally {
          device.dispose();
        }
      }),
    updateBackbone: async (id, change) => {
      const { backbones } = await store();
      const before = await library.find(id);
      const row = { ...before, ...change };
      // A changed shipped backbone is stored with its file; from then on it replaces the shipped
      // one of the same id.
      if (!(await backbones.update(row))) await backbones.add(row, new Blob([await library.bytes(before)]));
      return row;
    },
    describeBackbone: async (id) => {
      const row = await library.find(id);
      return openBackboneModel(await library.bytes(row), row, row).info;
    },
  };
}

/** Bytes that storage still takes; undefined where the browser does not say. */
async function freeBytes(): Promise<number | undefined> {
  const { usage, quota } = await storageEstimate();
  return usage === null || quota === null ? undefined : quota - usage;
}
