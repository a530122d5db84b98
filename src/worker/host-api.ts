/** The worker's tasks, apart from the wire: what the page asks for, done with the engine and the browser's storage. */
import { RadaptError } from "../base";
import type { OnProgress } from "../base/progress";
import { decodeImage, importDataset, previewTable } from "../data";
import {
  createTrainer,
  createWasmDevice,
  createWebGpuDevice,
  type GraphRuntime,
  loadStoredCases,
  openModel,
} from "../engine";
import { embeddedBackbones } from "../models/manifest";
import { createFeatureRuntime, type FeatureRuntime } from "../models/ort";
import type { BackboneRow } from "../models/types";
import { receiveBackbone } from "../runner/add-backbone";
import { previewAugmentation } from "../runner/augment-preview";
import { type OpenedDevice, openDeviceOrCpu, openFastest } from "../runner/devices";
import { trainingEngine } from "../runner/engine";
import { importDemo } from "../runner/import-demo";
import { plannedRuns } from "../runner/resolve";
import { runPlan, type StopReason } from "../runner/run-plan";
import { runSelfTest } from "../runner/self-test";
import { selfTestSetting } from "../runner/self-test-report";
import { version } from "../runner/version";
import { type BrowserStorage, openStorage, storageEstimate } from "../storage";
import type { StoredPlan } from "../storage/types";
import { createMemoryEstimator } from "./estimate";
import { checkAdapter, downloadAdapter, downloadModel, type InterchangeTools, keepAdapters } from "./interchange";
import { profileChoice } from "./profile";
import { type DeviceChoice, deviceChoices, type WorkerApi } from "./protocol";
import { datasetId, fetchEmbedded, noDataset, sourcesOf, unknownBackbone } from "./sources";

const clock = { now: () => performance.now(), iso: () => new Date().toISOString() };

/** Key of the setting. */
const deviceSetting = "device";

/** Threads beyond four bring little and take the page's own. */
const maxThreads = 4;

export interface Host {
  /** @param baseUrl the app's address */
  configure(baseUrl: string): void;
  api: WorkerApi;
}

export function createHost(): Host {
  let baseUrl = "";
  let storage: Promise<BrowserStorage> | null = null;
  let runtime: (FeatureRuntime & GraphRuntime) | null = null;
  /** The import, download, self-test or profile under way. */
  let task: AbortController | null = null;
  /** The plan under way. */
  let running: AbortController | null = null;
  /** Whether a self-test or a profile has the adapter to itself. */
  let measures = false;

  const store = () => {
    storage ??= openStorage().catch((error: unknown) => {
      storage = null;
      throw error;
    });
    return storage;
  };
  const features = () =>
    (runtime ??= createFeatureRuntime({
      baseUrl,
      threads: Math.min(maxThreads, navigator.hardwareConcurrency || 1),
    }));

  const chosenDevice = async (): Promise<DeviceChoice> => {
    const stored = await (await store()).settings.get(deviceSetting);
    return deviceChoices.find((choice) => choice === stored) ?? "auto";
  };
  const processor = () => createWasmDevice(features());
  const openWebGpu = async () => createWebGpuDevice({ tuning: (await store()).settings });
  const openDevice = async (): Promise<OpenedDevice> => {
    const choice = await chosenDevice();
    if (choice === "wasm") return { device: processor(), missing: null };
    return (choice === "auto" ? openFastest : openDeviceOrCpu)(openWebGpu, processor);
  };

  /** Runs one such task at a time, so that `abort` knows what it ends. */
  const abortable = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (task)
      throw busy(
        "An import, a download, a self-test or a profile is under way.",
        "Wait until it has ended, or cancel it.",
      );
    task = new AbortController();
    try {
      return await work(task.signal);
    } catch (error) {
      if (task.signal.aborted) throw new RadaptError("Cancelled. Nothing was kept of it.", { code: "cancelled" });
      throw error;
    } finally {
      task = null;
    }
  };

  /** Such a task that wants the adapter to itself. */
  const measuring = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    abortable(async (signal) => {
      if (running) throw busy("A plan is running on this adapter.", "Wait until it has ended, or pause it.");
      measures = true;
      return work(signal).finally(() => {
        measures = false;
      });
    });

  const allBackbones = async (): Promise<BackboneRow[]> => {
    const stored = await (await store()).backbones.list();
    const shipped = embeddedBackbones.map(({ row }) => row).filter((row) => !stored.some(({ id }) => id === row.id));
    return [...stored, ...shipped];
  };

  /** Shipped backbones are small: once loaded they stay, so that what follows needs no network. */
  const shipped = new Map<string, Uint8Array<ArrayBuffer>>();
  const backboneBytes = async (row: BackboneRow, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> => {
    const embedded = embeddedBackbones.find((candidate) => candidate.row.id === row.id);
    if (embedded) {
      const bytes = shipped.get(row.id) ?? (await fetchEmbedded(new URL(embedded.path, baseUrl), signal));
      shipped.set(row.id, bytes);
      return bytes;
    }
    const blob = await (await store()).backbones.bytes(row.id);
    if (!blob) throw unknownBackbone(row.name);
    return new Uint8Array(await blob.arrayBuffer());
  };

  const interchange = async (): Promise<InterchangeTools> => ({
    adapters: (await store()).adapters,
    backbones: await allBackbones(),
    bytes: backboneBytes,
  });

  const estimate = createMemoryEstimator({
    ...{ store, openDevice, runtime: features, bytes: backboneBytes, backbones: allBackbones },
  });

  const api: WorkerApi = {
    environment: async () => {
      const [choice, { device: best, missing }] = await Promise.all([
        chosenDevice(),
        openDeviceOrCpu(createWebGpuDevice, processor),
      ]);
      best.dispose();
      const { label, software } = best.info;
      const onProcessor = choice === "wasm" || (choice === "auto" && software);
      const { info } = onProcessor ? processor() : best;
      return {
        ...{
          device: info,
          choice,
          adapter: missing ? null : { label, software },
          deviceError: missing?.message ?? null,
        },
        ...{ featureRuntime: features().label, version, crossOriginIsolated: globalThis.crossOriginIsolated },
      };
    },
    chooseDevice: async (choice) => {
      await (await store()).settings.put(deviceSetting, choice);
      return api.environment();
    },
    previewTable: async (labels, paths) =>
      previewTable(labels.path, new Uint8Array(await labels.file.arrayBuffer()), paths),
    importDataset: (request, onProgress) =>
      abortable(async (signal) =>
        importDataset(request, await (await store()).datasets.createSink(), paced(onProgress), signal),
      ),
    importDemo: (onProgress) =>
      abortable(async (signal) =>
        importDemo(await (await store()).datasets.createSink(), clock.iso(), paced(onProgress), signal),
      ),
    addBackbone: (request, onProgress) =>
      abortable(async (signal) => {
        const { backbones } = await store();
        const { device } = await openDevice();
        try {
          const { usage, quota } = await storageEstimate();
          const room = usage === null || quota === null ? undefined : quota - usage;
          const arrived = await receiveBackbone(request, {
            ...{ openModel, createTrainer, runtime: features(), device, room, signal },
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
      const before = (await allBackbones()).find((row) => row.id === id);
      if (!before) throw unknownBackbone(id);
      const row = { ...before, ...change };
      // A shipped backbone that was changed is stored under its id, with its file, and stands for the shipped one.
      if (!(await backbones.update(row))) await backbones.add(row, new Blob([await backboneBytes(before)]));
      return row;
    },
    describeBackbone: async (id) => {
      const row = (await allBackbones()).find((candidate) => candidate.id === id);
      if (!row) throw unknownBackbone(id);
      const { preprocessing, roles } = row;
      return openModel(await backboneBytes(row), { imageSize: preprocessing.size, roles }).info;
    },
    downloadRun: async (runId, kind, onProgress) => {
      const tools = await interchange();
      return kind === "adapter" ? downloadAdapter(runId, tools) : downloadModel(runId, tools, onProgress);
    },
    checkAdapter: async (id, upload) => {
      const tools = await interchange();
      const row = tools.backbones.find((candidate) => candidate.id === id);
      if (!row) throw unknownBackbone(id);
      return checkAdapter(row, upload, tools);
    },
    previewAugmentation: async ({ datasetId: id, ...request }) => {
      const dataset = await (await store()).datasets.open(id);
      if (!dataset) throw noDataset();
      return previewAugmentation(request, dataset, decodeImage);
    },
    estimate,
    run: async (planId, onEvent) => {
      if (running) throw busy("Another plan is running.", "Pause or cancel it first.");
      if (measures) throw busy("A self-test or a profile is running.", "Wait until it has ended, or cancel it.");
      const control = new AbortController();
      running = control;
      const { plans, datasets, records, adapters, features: cached } = await store();
      const stored = await plans.get(planId);
      try {
        if (!stored) throw new RadaptError("The plan is no longer stored.", { code: "plan.missing", where: planId });
        await plans.put({ ...stored, status: "running" });
        const dataset = await datasets.open(await datasetId(stored.plan, await datasets.list()));
        if (!dataset) throw noDataset();
        const backbones = await sourcesOf(stored.plan, await allBackbones(), (row) =>
          backboneBytes(row, control.signal),
        );
        const { outcome } = await runPlan({
          runs: await plannedRuns(stored.plan, dataset.row, backbones),
          ...{ dataset, backbones, records, features: cached, clock, onEvent, signal: control.signal },
          ...{ engine: trainingEngine, runtime: features(), decode: decodeImage },
          openDevice,
          environment: { radapt: version, host: navigator.userAgent },
          keepAdapter: keepAdapters(adapters),
        });
        await plans.put({ ...stored, status: outcome });
        return outcome;
      } catch (error) {
        if (stored) await plans.put({ ...stored, status: "paused" } satisfies StoredPlan);
        throw error;
      } finally {
        running = null;
      }
    },
    prepareSelfTest: async () => void (await loadStoredCases()),
    selfTest: (onProgress) =>
      measuring(async (signal) => {
        const { device } = await openDevice();
        const environment = { radapt: version, host: navigator.userAgent };
        const report = await runSelfTest({
          ...{ device, clock, environment, signal },
          onProgress: paced(onProgress),
        }).finally(() => device.dispose());
        await (await store()).settings.put(selfTestSetting, report);
        return report;
      }),
    profile: (choice, onProgress) =>
      measuring(async (signal) =>
        profileChoice(choice, {
          ...{ backbones: await allBackbones(), bytes: (row) => backboneBytes(row, signal), openDevice },
          ...{ signal, onProgress: paced(onProgress), tuning: (await store()).settings },
        }),
      ),
    pause: async () => running?.abort("paused" satisfies StopReason),
    cancel: async () => running?.abort("cancelled" satisfies StopReason),
    abort: async () => task?.abort(),
  };

  return {
    configure: (address) => {
      baseUrl = address;
    },
    api,
  };
}

function busy(message: string, remedy: string): RadaptError {
  return new RadaptError(message, { code: "busy", remedy });
}

/** Passes on at most some ten messages a second, and always the last one: each crosses to the page. */
function paced(onProgress: OnProgress): OnProgress {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = clock.now();
    if (now - last < 100 && progress.done < progress.total) return;
    last = now;
    onProgress(progress);
  };
}
