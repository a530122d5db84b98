/** The worker's tasks around a plan: compute what has no record yet, pause it, cancel it. */
import { RadaptError } from "../base";
import { decodeImage } from "../data";
import type { FeatureRuntime } from "../models/ort";
import type { OpenDevice } from "../runner/devices";
import { trainingEngine } from "../runner/engine";
import type { RunEvent } from "../runner/events";
import { resolveAudit, resolveRuns } from "../runner/resolve";
import { type PlanOutcome, runPlan } from "../runner/run-plan";
import { version } from "../runner/version";
import type { BrowserStorage } from "../storage";
import type { StoredPlan } from "../storage/types";
import { clock } from "./clock";
import { keepAdapters } from "./interchange";
import type { BackboneLibrary } from "./library";
import type { WorkerApi } from "./protocol";
import { datasetId, noDataset, sourcesOf } from "./sources";
import type { Tasks } from "./tasks";

interface RunTools {
  store(): Promise<BrowserStorage>;
  library: BackboneLibrary;
  runtime(): FeatureRuntime;
  openDevice: OpenDevice;
  tasks: Tasks;
}

export function createRunTasks(tools: RunTools): Pick<WorkerApi, "run" | "pause" | "cancel"> {
  const { store, tasks } = tools;
  return {
    run: (planId, onEvent) =>
      tasks.plan(async (signal) => {
        const { plans } = await store();
        const stored = await plans.get(planId);
        if (!stored) throw new RadaptError("The plan is no longer stored.", { code: "plan.missing", where: planId });
        const setStatus = (status: StoredPlan["status"]) => plans.put({ ...stored, status });
        try {
          await setStatus("running");
          const outcome = await runStored(stored, tools, onEvent, signal);
          await setStatus(outcome);
          return outcome;
        } catch (error) {
          await setStatus("paused");
          throw error;
        }
      }),
    pause: async () => tasks.stop("paused"),
    cancel: async () => tasks.stop("cancelled"),
  };
}

async function runStored(
  { plan }: StoredPlan,
  { store, library, runtime, openDevice }: RunTools,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<PlanOutcome> {
  const { datasets, records, adapters, features } = await store();
  const dataset = await datasets.open(await datasetId(plan, await datasets.list()));
  if (!dataset) throw noDataset();
  const backbones = await sourcesOf(plan, await library.list(), (row) => library.bytes(row, signal));
  const { outcome } = await runPlan({
    runs: await resolveRuns(plan, dataset.row, backbones),
    audit: await resolveAudit(plan, dataset.row),
    dataset,
    backbones,
    records,
    features,
    engine: trainingEngine,
    runtime: runtime(),
    openDevice,
    decode: decodeImage,
    clock,
    environment: { radapt: version, host: navigator.userAgent },
    signal,
    onEvent,
    keepAdapter: keepAdapters(adapters),
  });
  return outcome;
}
