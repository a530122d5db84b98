/**
 * What stays open from one run of a plan to the next: the device with its trainers, the backbones,
 * and their preprocessed images. A lost device is opened once more and the run starts anew; a
 * second loss ends the session.
 */
import type { RunConfig, RunRecord } from "../bench/record";
import { type BackboneSession, backboneKey, createBackboneSession } from "./backbone-session";
import { deviceLost, type OpenedDevice } from "./devices";
import type { RunEvent } from "./events";
import { createImageLoader, type ImageLoader } from "./images";
import { type Budgets, defaultBudgets, type PlanJob } from "./plan-job";
import type { IdentifiedRun } from "./resolve";
import { runOne } from "./run-one";
import { createTrainerPool, type TrainerPool } from "./trainer-pool";

export interface DeviceSession {
  /**
   * @throws RadaptError `device.lost` where the device is lost for the second time; whatever
   *   `runOne` throws
   */
  compute(run: IdentifiedRun, onEvent: (event: RunEvent) => void): Promise<RunRecord>;
  /** True once the device was lost for the second time. */
  isLost(): boolean;
  close(): Promise<void>;
}

export function createDeviceSession(job: PlanJob): DeviceSession {
  const budgets = job.budgets ?? defaultBudgets;
  const backbones = createOpenedBackbones(job, budgets);
  let current: TrainingDevice | null = null;
  let losses = 0;

  const closeDevice = () => {
    current?.dispose();
    current = null;
  };

  const compute: DeviceSession["compute"] = async (run, onEvent) => {
    current ??= await openTrainingDevice(job, budgets);
    const { opened, trainers, lost, lostReason } = current;
    const { dataset, features, clock, signal, keepAdapter } = job;
    const work = runOne(run, {
      ...backbones.get(run.config.backbone),
      dataset,
      features,
      trainers,
      clock,
      signal,
      onEvent,
      keepAdapter,
      environment: {
        ...job.environment,
        device: opened.device.info.label,
        featureRuntime: job.runtime.label,
      },
    });
    try {
      return await Promise.race([work, lost]);
    } catch (error) {
      const reason = lostReason();
      if (reason === null) throw error;
      // The run on the lost device may still fail later, when nobody waits for it.
      work.catch(() => undefined);
      closeDevice();
      if (++losses > 1) throw deviceLost(reason);
      return compute(run, onEvent);
    }
  };

  return {
    compute,
    isLost: () => losses > 1,
    close: async () => {
      closeDevice();
      await backbones.close();
    },
  };
}

/** An open device and the trainers on it. Both end together. */
interface TrainingDevice {
  opened: OpenedDevice;
  trainers: TrainerPool;
  /** Rejects when the device is lost. */
  lost: Promise<never>;
  /** Null while the device is there. */
  lostReason(): string | null;
  dispose(): void;
}

async function openTrainingDevice(job: PlanJob, budgets: Budgets): Promise<TrainingDevice> {
  const opened = await job.openDevice();
  const { device } = opened;
  const { createTrainer, planTraining } = job.engine;
  const trainers = createTrainerPool({
    createTrainer,
    planTraining,
    device,
    poolBytes: budgets.trainerPool,
    encodedBytes: budgets.encoded,
    trainerBytes: budgets.perTrainer,
  });
  let lostReason: string | null = null;
  const lost = device.lost.then((reason): never => {
    lostReason = reason;
    throw new Error(reason);
  });
  lost.catch(() => undefined);
  const dispose = () => {
    trainers.dispose();
    device.dispose();
  };
  return { opened, trainers, lost, lostReason: () => lostReason, dispose };
}

interface OpenedBackbone {
  backbone: BackboneSession;
  loader: ImageLoader;
}

/**
 * The plan's backbones, each with its preprocessed images: created when a run first asks for one.
 */
function createOpenedBackbones(job: PlanJob, budgets: Budgets) {
  const opened = new Map<string, OpenedBackbone>();
  const open = (config: RunConfig["backbone"], key: string): OpenedBackbone => {
    const { dataset, decode, engine, runtime } = job;
    const source = job.backbones.find((candidate) => backboneKey(candidate) === key)!;
    return {
      backbone: createBackboneSession(source, engine.openModel, runtime),
      loader: createImageLoader({ dataset, preprocessing: config.preprocessing, decode, keepBytes: budgets.images }),
    };
  };
  return {
    get: (config: RunConfig["backbone"]): OpenedBackbone => {
      const key = backboneKey(config);
      const found = opened.get(key) ?? open(config, key);
      opened.set(key, found);
      return found;
    },
    close: async () => {
      for (const { backbone } of opened.values()) await backbone.closeFeatures();
    },
  };
}
