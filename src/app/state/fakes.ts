/** A worker and a storage in memory for the tests of this folder. The app does not use them. */
import type { RunRecord } from "../../bench/record";
import type { DatasetRow } from "../../data/types";
import type { StoredAdapter } from "../../storage";
import type { RunEvent, StoredPlan, TablePreview, WorkerApi } from "../../worker/protocol";
import { type AppStorage, provideServices } from "./services";

export const samplePreview: TablePreview = {
  columns: ["file", "patient", "icu", "note"],
  rows: [{ file: "a.png", patient: "p1", icu: "Y", note: "" }],
  rowCount: 10,
  suggestion: { image: "file", outcome: "icu", patient: "patient" },
  values: {
    file: [{ value: "a.png", count: 1 }],
    icu: [
      { value: "N", count: 6 },
      { value: "Y", count: 3 },
      { value: "", count: 1 },
    ],
    note: [{ value: "x", count: 10 }],
  },
  matches: { file: 9, patient: 0 },
};

export function sampleDataset(change: Partial<DatasetRow> = {}): DatasetRow {
  const image = (patient: string, label: number, i: number) => ({
    name: `${patient}-${i}.png`,
    patient,
    label,
    sha256: `${i}`,
    bytes: 100,
    width: 8,
    height: 8,
  });
  return {
    id: "d1",
    name: "Chest",
    description: "",
    synthetic: false,
    createdAt: "2026-01-01T00:00:00Z",
    classes: ["N", "Y"],
    grouping: "patient",
    columns: { image: "file", outcome: "icu", patient: "patient" },
    fingerprint: "f1",
    images: [image("p1", 0, 0), image("p1", 0, 1), image("p2", 1, 2)],
    report: {
      rows: 3,
      files: 3,
      matched: 3,
      unmatchedRows: [],
      unmatchedFiles: [],
      unreadable: [],
      duplicates: [],
      missingOutcome: [],
      perClass: [
        { name: "N", images: 40, patients: 12 },
        { name: "Y", images: 10, patients: 6 },
      ],
      warnings: [],
    },
    ...change,
  };
}

interface Kept {
  datasets: DatasetRow[];
  plans: StoredPlan[];
  records: RunRecord[];
  settings: Record<string, unknown>;
  adapters: Omit<StoredAdapter, "files">[];
}

/**
 * Provides services that answer from `kept`. Returns what they stored, and the names of their
 * calls.
 */
export function provideFakes(worker: Partial<WorkerApi> = {}, kept: Partial<Kept> = {}): Kept & { calls: string[] } {
  const state = {
    datasets: [],
    plans: [],
    records: [],
    settings: {},
    adapters: [],
    calls: [] as string[],
    ...kept,
  } satisfies Kept & {
    calls: string[];
  };
  const log =
    (name: string): (() => Promise<void>) =>
    async () =>
      void state.calls.push(name);
  const refuse = async (): Promise<never> => {
    throw new Error("not faked");
  };
  const storage: AppStorage = {
    listDatasets: async () => state.datasets,
    imageBlob: async () => undefined,
    deleteDataset: log("deleteDataset"),
    listBackbones: async () => [],
    deleteBackbone: log("deleteBackbone"),
    listPlans: async () => state.plans,
    putPlan: async (plan) => {
      state.plans = [...state.plans.filter((p) => p.id !== plan.id), plan];
    },
    deletePlan: log("deletePlan"),
    listRecords: async () => state.records,
    getRecord: async (id) => state.records.find((r) => r.id === id),
    deleteRecords: log("deleteRecords"),
    deleteFeatures: log("deleteFeatures"),
    usage: refuse,
    getSetting: async (key) => state.settings[key],
    getAdapter: async (id) => state.adapters.find((a) => a.id === id),
    deleteAdapters: log("deleteAdapters"),
  };
  provideServices({
    storage,
    now: () => "2026-01-02T00:00:00Z",
    worker: {
      environment: refuse,
      chooseDevice: refuse,
      previewTable: async () => samplePreview,
      importDataset: refuse,
      importDemo: refuse,
      addBackbone: refuse,
      updateBackbone: refuse,
      describeBackbone: refuse,
      downloadRun: refuse,
      checkAdapter: refuse,
      previewAugmentation: refuse,
      estimate: refuse,
      run: refuse,
      pause: log("pause"),
      cancel: log("cancel"),
      prepareSelfTest: log("prepareSelfTest"),
      selfTest: refuse,
      profile: refuse,
      abort: log("abort"),
      ...worker,
    },
  });
  return state;
}

/** A `run` that reports these events and ends with this outcome. */
export function fakeRun(events: RunEvent[], outcome: "done" | "cancelled" | "paused" = "done"): WorkerApi["run"] {
  return async (_planId, onEvent) => {
    events.forEach(onEvent);
    return outcome;
  };
}
