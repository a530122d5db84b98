/** The worker's memory estimates: of the latest plan alone; known estimates come at once. */
import type { Plan } from "../bench/plan";
import type { FeatureRuntime } from "../models/ort";
import { type BackboneSession, backboneKey, createBackboneSession } from "../runner/backbone-session";
import type { OpenDevice } from "../runner/devices";
import { trainingEngine } from "../runner/engine";
import { estimatePlanMemory, type KnownEstimates } from "../runner/estimate-plan";
import { defaultBudgets } from "../runner/plan-job";
import { resolveRuns } from "../runner/resolve";
import type { BrowserStorage } from "../storage";
import type { BackboneLibrary } from "./library";
import type { WorkerApi } from "./protocol";
import { datasetId, noDataset, sourcesOf } from "./sources";

interface EstimateTools {
  store(): Promise<Pick<BrowserStorage, "datasets">>;
  library: BackboneLibrary;
  runtime(): FeatureRuntime;
  openDevice: OpenDevice;
}

export function createMemoryEstimator(tools: EstimateTools): WorkerApi["estimate"] {
  const { openModel, planTraining } = trainingEngine;
  const known: KnownEstimates = new Map();
  let latest: AbortController | null = null;
  return async (plan, onEstimate) => {
    latest?.abort();
    latest = new AbortController();
    const { signal } = latest;
    const dataset = await datasetOf(plan, tools);
    const sources = await sourcesOf(plan, await tools.library.list(), tools.library.bytes);
    // Each backbone's file is read at most once for a plan, and freed with it.
    const open = new Map<string, BackboneSession>();
    for (const source of sources)
      open.set(backboneKey(source), createBackboneSession(source, openModel, tools.runtime()));
    const { device } = await tools.openDevice();
    try {
      await estimatePlanMemory({
        runs: await resolveRuns(plan, dataset, sources),
        dataset,
        sessionOf: ({ config }) => open.get(backboneKey(config.backbone))!,
        planTraining,
        device,
        trainerBytes: defaultBudgets.perTrainer,
        encodedBytes: defaultBudgets.encoded,
        known,
        signal,
        onEstimate,
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

async function datasetOf(plan: Plan, { store }: EstimateTools) {
  const rows = await (await store()).datasets.list();
  const id = await datasetId(plan, rows);
  const dataset = rows.find((row) => row.id === id);
  if (!dataset) throw noDataset();
  return dataset;
}
