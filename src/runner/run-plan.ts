/**
 * A plan's runs one after the other. What has a record is skipped, what fails is told and passed over, what is paused or
 * cancelled leaves the finished runs in place. The same code in the browser and in Node: stores, device, clock and
 * decoder are injected.
 */
import { messageOf } from "../base";
import type { RunConfig, RunRecord } from "../bench/record";
import type { OpenOptions } from "../engine";
import type { Model, Trainer, TrainerOptions } from "../engine/types";
import type { FeatureRuntime } from "../models/ort";
import type { DatasetSource, FeatureStore, RecordStore } from "../storage/types";
import { type BackboneSession, type BackboneSource, backboneKey, createBackboneSession } from "./backbone-session";
import { deviceLost, type OpenDevice, type OpenedDevice } from "./devices";
import { createEstimator } from "./eta";
import { type Clock, type RunEvent, shareDone } from "./events";
import { createImageLoader, type Decode, type ImageLoader } from "./images";
import { type IdentifiedRun, runLabel } from "./resolve";
import type { KeepAdapter } from "./run-context";
import { runOne } from "./run-one";
import type { TrainerTools } from "./trainer-plan";
import { createTrainerPool, type TrainerPool } from "./trainer-pool";

/** Reason to abort the signal with; anything else counts as "cancelled". */
export type StopReason = "paused" | "cancelled";
export type PlanOutcome = "done" | StopReason;

export interface Budgets {
  /** Preprocessed images kept in memory per backbone, bytes. */
  images: number;
  /** Outputs of the frozen part kept in memory per trainer, bytes. */
  encoded: number;
  /** Device memory of trainers kept between runs, bytes. */
  trainers: number;
  /**
   * Device memory that one trainer should stay within, bytes: beyond it results are recomputed instead of kept, and where that
   * is not enough a step takes several passes.
   */
  trainer: number;
}

export const defaultBudgets: Budgets = { images: 256 * 2 ** 20, encoded: 2 ** 30, trainers: 2 ** 30, trainer: 2 ** 31 };

export interface PlanJob {
  runs: readonly IdentifiedRun[];
  dataset: DatasetSource;
  backbones: readonly BackboneSource[];
  records: RecordStore;
  features: FeatureStore;
  engine: {
    openModel(bytes: Uint8Array, options: OpenOptions): Promise<Model> | Model;
    createTrainer(options: TrainerOptions): Promise<Trainer>;
    estimateMemory: TrainerTools["estimateMemory"];
  };
  runtime: FeatureRuntime;
  openDevice: OpenDevice;
  decode: Decode;
  clock: Clock;
  environment: Omit<RunRecord["environment"], "device" | "featureRuntime">;
  budgets?: Budgets;
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
  /** Called for each run that is computed, before its record is stored. */
  keepAdapter?: KeepAdapter;
}

interface Workbench {
  opened: OpenedDevice;
  lost: Promise<never>;
  lostReason: string | null;
  trainers: TrainerPool;
}

/** @throws RadaptError `device.lost` when the device is lost for the second time */
export async function runPlan(job: PlanJob): Promise<{ outcome: PlanOutcome; failed: number }> {
  const { runs, records, signal } = job;
  const emit = (event: RunEvent) => job.onEvent?.(event);
  const finished = await records.has(runs.map(({ id }) => id));
  emit({ type: "plan", total: runs.length, done: finished.size });
  const desk = createDesk(job);
  const estimator = createEstimator();
  let failed = 0;
  try {
    for (const [index, run] of runs.entries()) {
      if (finished.has(run.id)) {
        emit({ type: "run-done", id: run.id, index, reused: true });
        continue;
      }
      signal?.throwIfAborted();
      const waiting = runs.slice(index + 1).flatMap(({ id, config }) => (finished.has(id) ? [] : [config]));
      const started = job.clock.now();
      emit({ type: "run-start", id: run.id, label: runLabel(run), index });
      try {
        const record = await desk.compute(run, (event) => {
          emit(event);
          const share = event.type === "epoch" ? shareDone(event) : 0;
          const running = { config: run.config, ms: job.clock.now() - started, share };
          if (share > 0) emitEta(emit, estimator.left(waiting, running));
        });
        await records.putIfAbsent(record);
        emit({ type: "run-done", id: run.id, index, reused: false });
      } catch (error) {
        if (signal?.aborted || desk.isBroken()) throw error;
        failed++;
        emit({ type: "run-failed", id: run.id, index, message: messageOf(error) });
      }
      estimator.done(run.config, job.clock.now() - started);
      emitEta(emit, estimator.left(waiting));
    }
  } catch (error) {
    const outcome: StopReason = signal?.aborted && signal.reason !== "paused" ? "cancelled" : "paused";
    emit({ type: "finished", outcome });
    if (signal?.aborted) return { outcome, failed };
    throw error;
  } finally {
    await desk.clear();
  }
  emit({ type: "finished", outcome: "done" });
  return { outcome: "done", failed };
}

function emitEta(emit: (event: RunEvent) => void, ms: number | null): void {
  if (ms !== null) emit({ type: "eta", ms });
}

/** What stays open between runs: the device with its trainers, backbones, preprocessed images. */
function createDesk(job: PlanJob) {
  const budgets = job.budgets ?? defaultBudgets;
  const sessions = new Map<string, { backbone: BackboneSession; loader: ImageLoader }>();
  let bench: Workbench | null = null;
  let losses = 0;

  const openBench = async (): Promise<Workbench> => {
    const opened = await job.openDevice();
    const trainers = createTrainerPool({
      createTrainer: (options) => job.engine.createTrainer(options),
      estimateMemory: (options) => job.engine.estimateMemory(options),
      ...{ device: opened.device, poolBytes: budgets.trainers, encodedBytes: budgets.encoded },
      trainerBytes: budgets.trainer,
    });
    const lost = opened.device.lost.then((reason): never => {
      made.lostReason = reason;
      throw new Error(reason);
    });
    lost.catch(() => undefined);
    const made: Workbench = { opened, lost, lostReason: null, trainers };
    return made;
  };

  const closeBench = () => {
    bench?.trainers.dispose();
    bench?.opened.device.dispose();
    bench = null;
  };

  const sessionOf = (config: RunConfig["backbone"]) => {
    const key = backboneKey(config);
    const known = sessions.get(key);
    if (known) return known;
    const source = job.backbones.find((candidate) => backboneKey(candidate) === key)!;
    const backbone = createBackboneSession(source, job.engine.openModel, job.runtime);
    const { preprocessing } = config;
    const { dataset, decode } = job;
    const made = { backbone, loader: createImageLoader({ dataset, preprocessing, decode, keepBytes: budgets.images }) };
    sessions.set(key, made);
    return made;
  };

  const compute = async (run: IdentifiedRun, onEvent: (event: RunEvent) => void): Promise<RunRecord> => {
    const used = (bench ??= await openBench());
    const { device } = used.opened;
    const { dataset, features, clock, signal, keepAdapter } = job;
    const work = runOne(run, {
      ...{
        dataset,
        features,
        clock,
        signal,
        onEvent,
        keepAdapter,
        ...sessionOf(run.config.backbone),
        trainers: used.trainers,
      },
      environment: { ...job.environment, device: device.info.label, featureRuntime: job.runtime.label },
    });
    try {
      return await Promise.race([work, used.lost]);
    } catch (error) {
      if (used.lostReason === null) throw error;
      work.catch(() => undefined);
      closeBench();
      if (++losses > 1) throw deviceLost(used.lostReason);
      return compute(run, onEvent);
    }
  };

  return {
    compute,
    /** True once the device was lost for good. */
    isBroken: () => losses > 1,
    clear: async () => {
      closeBench();
      for (const { backbone } of sessions.values()) await backbone.closeFeatures();
    },
  };
}
