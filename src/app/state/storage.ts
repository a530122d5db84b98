/**
 * The browser's storage as the stores see it, with the shipped backbones beside the stored ones.
 */
import { type BrowserStorage, openStorage } from "../../storage";
import { loadBackbones } from "./backbones";
import { loadDatasets } from "./datasets";
import { reloadKept } from "./downloads";
import { attempt } from "./notices";
import { loadPlans } from "./plans";
import { loadRecord, loadRecords } from "./records";
import { loadSelfTest } from "./self-test";
import type { AppStorage } from "./services";

/**
 * Opens the storage at the first call. If opening fails, each call fails with that error and the
 * next call tries again.
 */
export function createAppStorage(): AppStorage {
  let opened: Promise<BrowserStorage> | null = null;
  const storage = () => {
    opened ??= openStorage().then(reloadOnChanges, (error: unknown) => {
      opened = null;
      throw error;
    });
    return opened;
  };
  return {
    listDatasets: async () => (await storage()).datasets.list(),
    imageBlob: async (id, name) => (await storage()).datasets.image(id, name),
    deleteDataset: async (id) => (await storage()).datasets.delete(id),
    listBackbones: async () => {
      // Loaded when first asked for: checking the manifests takes a library that the first screen
      // does without.
      const { embeddedBackbones } = await import("../../models/manifest");
      const stored = await (await storage()).backbones.list();
      const shipped = embeddedBackbones.map(({ row }) => stored.find((s) => s.id === row.id) ?? row);
      return [...shipped, ...stored.filter((s) => !shipped.some((row) => row.id === s.id))];
    },
    deleteBackbone: async (id) => {
      const { backbones, features } = await storage();
      const row = await backbones.get(id);
      if (row) await features.deletePrefix(row.sha256);
      await backbones.delete(id);
    },
    listPlans: async () => (await storage()).plans.list(),
    putPlan: async (plan) => (await storage()).plans.put(plan),
    deletePlan: async (id) => (await storage()).plans.delete(id),
    listRecords: async () => (await storage()).records.list(),
    getRecord: async (id) => (await storage()).records.get(id),
    deleteRecords: async () => (await storage()).records.clear(),
    deleteFeatures: async () => (await storage()).features.deletePrefix(""),
    usage: async () => (await storage()).usage(),
    getSetting: async (key) => (await storage()).settings.get(key),
    getAdapter: async (runId) => {
      const found = await (await storage()).adapters.get(runId);
      if (!found) return undefined;
      const { files: _, ...about } = found;
      return about;
    },
    deleteAdapters: async () => (await storage()).adapters.clear(),
  };
}

/** Reloads the stores when the worker or another tab writes to the storage. */
function reloadOnChanges(storage: BrowserStorage): BrowserStorage {
  storage.changes.subscribe(({ store, id }) => {
    if (store === "datasets") attempt(() => loadDatasets());
    if (store === "backbones") attempt(loadBackbones);
    if (store === "plans") attempt(loadPlans);
    if (store === "records") attempt(() => (id ? loadRecord(id) : loadRecords()));
    if (store === "settings") attempt(loadSelfTest);
    if (store === "adapters") attempt(reloadKept);
  });
  return storage;
}
