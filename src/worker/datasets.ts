/**
 * The worker's tasks around datasets: look into a table, import a folder or the demo, augment one
 * image.
 */
import { decodeImage, importDataset, previewTable } from "../data";
import { previewAugmentation } from "../runner/augment-preview";
import { importDemoDataset } from "../runner/import-demo";
import type { BrowserStorage } from "../storage";
import { clock, paced } from "./clock";
import type { WorkerApi } from "./protocol";
import { noDataset } from "./sources";
import type { Tasks } from "./tasks";

type DatasetApi = Pick<WorkerApi, "previewTable" | "importDataset" | "importDemo" | "previewAugmentation">;

export function createDatasetTasks(
  store: () => Promise<Pick<BrowserStorage, "datasets">>,
  { abortable }: Tasks,
): DatasetApi {
  const createSink = async () => (await store()).datasets.createSink();
  return {
    previewTable: async (labels, paths) =>
      previewTable(labels.path, new Uint8Array(await labels.file.arrayBuffer()), paths),
    importDataset: (request, onProgress) =>
      abortable(async (signal) => importDataset(request, await createSink(), paced(onProgress), signal)),
    importDemo: (onProgress) =>
      abortable(async (signal) => importDemoDataset(await createSink(), clock.iso(), paced(onProgress), signal)),
    previewAugmentation: async ({ datasetId, ...request }) => {
      const dataset = await (await store()).datasets.open(datasetId);
      if (!dataset) throw noDataset();
      return previewAugmentation(request, dataset, decodeImage);
    },
  };
}
