/** The worker's estimates of memory: of one plan at a time, the latest; what is known of earlier ones is told at once. */
import type { Plan } from "../bench/plan";
import { estimateMemory, openModel } from "../engine";
import type { FeatureRuntime } from "../models/ort";
import type { BackboneRow } from "../models/types";
import { type BackboneSession, backboneKey, createBackboneSession } from "../runner/backbone-session";
import type { OpenDevice } from "../runner/devices";
import { estimatePlan, type KnownEstimates } from "../runner/estimate-plan";
import { defaultBudgets } from "../runner/plan-job";
import { plannedRuns } from "../runner/resolve";
import type { BrowserStorage } from "../storage";
import type { WorkerApi } from "./protocol";
import { datasetId, noDataset, sourcesOf } from "./sources";

export interface EstimateTools {
  store(): Promise<Pick<BrowserStorage, "datasets">>;
  backbones(): Promise<BackboneRow[]>;
  bytes(row: BackboneRow): Promise<Uint8Array<ArrayBuffer>>;
  openDevice: OpenDevice;
  runtime(): FeatureRuntime;
}

export function createMemoryEstimator(tools: EstimateTools): WorkerApi["estimate"] {
  const known: KnownEstimates = new Map();
  let latest: AbortController | null = null;
  /** Each backbone's file is read at most once for a plan, and let go with it. */
  const sessionsOf = async (plan: Plan, rows: readonly BackboneRow[]) => {
    const sources = await sourcesOf(plan, rows, tools.bytes);
    const open = new Map<string, BackboneSession>();
    for (const source of sources)
      open.set(backboneKey(source), createBackboneSession(source, openModel, tools.runtime()));
    return { sources, sessionOf: (key: string) => open.get(key)! };
  };
  return async (plan, onEstimate) => {
    latest?.abort();
    const { signal } = (latest = new AbortController());
    const rows = await (await tools.store()).datasets.list();
    const id = await datasetId(plan, rows);
    const dataset = rows.find((row) => row.id === id);
    if (!dataset) throw noDataset();
    const { sources, sessionOf } = await sessionsOf(plan, await tools.backbones());
    const { device } = await tools.openDevice();
    try {
      await estimatePlan({
        ...{ runs: await plannedRuns(plan, dataset, sources), dataset, known, signal, onEstimate, device },
        ...{ estimateMemory, trainerBytes: defaultBudgets.trainer, encodedBytes: defaultBudgets.encoded },
        sessionOf: ({ config }) => sessionOf(backboneKey(config.backbone)),
      });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      device.dispose();
    }
  };
}
