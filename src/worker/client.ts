/** The page's side: starts the worker and forwards calls to it. */
import { proxy, type Remote, releaseProxy, wrap } from "comlink";
import type { WorkerApi } from "./protocol";
import "./transfer-errors";

interface Wire {
  configure(baseUrl: string): void;
  api: WorkerApi;
}

export interface WorkerClient extends WorkerApi {
  /** Ends the worker at once, whatever it is doing. */
  dispose(): void;
}

/**
 * Starts the worker. Callbacks run on the page, in order. A RadaptError and an abort arrive with
 * their class, other errors as an Error of the same name and message.
 */
export function createWorkerClient(): WorkerClient {
  const worker = new Worker(new URL("./host.ts", import.meta.url), { type: "module", name: "radapt" });
  const wire = wrap<Wire>(worker);
  // Messages keep their order, so the worker knows the address before any other call.
  const configured = wire.configure(document.baseURI);
  const broken = new Promise<never>((_, reject) => {
    worker.onerror = (event) =>
      reject(new Error(`Radapt's worker could not be started: ${event.message || "unknown"}`));
  });
  broken.catch(() => undefined);
  const api = wire.api as unknown as Remote<WorkerApi>;
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    await Promise.race([configured, broken]);
    return Promise.race([question(), broken]);
  };
  return {
    environment: () => ask(() => api.environment()),
    chooseDevice: (choice) => ask(() => api.chooseDevice(choice)),
    previewTable: (labels, paths) => ask(() => api.previewTable(labels, paths)),
    importDataset: (request, onProgress) => ask(() => api.importDataset(request, proxy(onProgress))),
    importDemo: (onProgress) => ask(() => api.importDemo(proxy(onProgress))),
    addBackbone: (request, onProgress) => ask(() => api.addBackbone(request, proxy(onProgress))),
    updateBackbone: (id, change) => ask(() => api.updateBackbone(id, change)),
    describeBackbone: (id) => ask(() => api.describeBackbone(id)),
    downloadRun: (runId, kind, onProgress) => ask(() => api.downloadRun(runId, kind, proxy(onProgress))),
    checkAdapter: (backboneId, upload) => ask(() => api.checkAdapter(backboneId, upload)),
    previewAugmentation: (request) => ask(() => api.previewAugmentation(request)),
    estimate: (plan, onEstimate) => ask(() => api.estimate(plan, proxy(onEstimate))),
    run: (planId, onEvent) => ask(() => api.run(planId, proxy(onEvent))),
    pause: () => ask(() => api.pause()),
    cancel: () => ask(() => api.cancel()),
    prepareSelfTest: () => ask(() => api.prepareSelfTest()),
    selfTest: (onProgress) => ask(() => api.selfTest(proxy(onProgress))),
    profile: (choice, onProgress) => ask(() => api.profile(choice, proxy(onProgress))),
    abort: () => ask(() => api.abort()),
    dispose: () => {
      wire[releaseProxy]();
      worker.terminate();
    },
  };
}
