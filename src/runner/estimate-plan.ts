/**
 * Estimates the memory that a plan's runs take: once for each backbone with each method, at the
 * amount of training data that fills the largest batch. It only plans; it neither trains nor
 * allocates.
 */
import { canonicalJson, detailsOf, type ErrorDetails } from "../base";
import { eventLoopYielder } from "../base/event-loop";
import { regimeCost } from "../bench/regime";
import { splitRun } from "../bench/split";
import type { DatasetRow } from "../data/types";
import type { MemoryEstimate } from "../engine/types";
import type { BackboneSession } from "./backbone-session";
import type { IdentifiedRun } from "./resolve";
import { planTrainer, type TrainerTools } from "./trainer-plan";
import { type TrainerRequest, trainerRequest } from "./trainer-request";

/** The memory of one trainer. */
export interface Estimated {
  memory: MemoryEstimate;
  /** Images per micro-batch; the whole batch where it fits. */
  microBatch: number;
  /** Whether a person chose that number; else it is the largest that fits. */
  asked: boolean;
  /** Bytes that the trainer should stay within. */
  budget: number;
  /** Whether it stays within the budget and the device's limits. */
  fits: boolean;
  /** The largest micro-batch that fits; null where not even one image does. */
  largest: number | null;
}

export interface TrainerEstimate {
  /** Id of the run that was estimated. */
  id: string;
  /** Names for people. */
  backbone: string;
  method: string;
  /** Images per step. */
  batch: number;
  outcome: Estimated | { error: ErrorDetails };
}

/** Estimates of earlier plans, by everything that they depend on. */
export type KnownEstimates = Map<string, TrainerEstimate["outcome"]>;

/** Number of estimates to keep. Each is small. */
const maxKnown = 500;

export interface EstimateJob extends TrainerTools {
  runs: readonly IdentifiedRun[];
  dataset: DatasetRow;
  /** The run's backbone, opened when it is needed. */
  sessionOf(run: IdentifiedRun): BackboneSession;
  known: KnownEstimates;
  signal?: AbortSignal;
  onEstimate(estimate: TrainerEstimate): void;
}

/**
 * Reports estimates in the order of the plan.
 *
 * @throws the signal's reason when aborted
 */
export async function estimatePlanMemory(job: EstimateJob): Promise<void> {
  const turn = eventLoopYielder(job.signal);
  for (const run of largestRuns(job.runs)) {
    await turn();
    const { backbone, method } = run.labels;
    const request = requestOf(run, job.dataset);
    const { label, limits } = job.device.info;
    const key = canonicalJson({ request, backbone: run.config.backbone, label, limits });
    const outcome = job.known.get(key) ?? (await outcomeOf(request, job.sessionOf(run), job));
    if (job.known.size >= maxKnown) job.known.clear();
    job.known.set(key, outcome);
    job.signal?.throwIfAborted();
    job.onEstimate({ id: run.id, backbone, method, batch: request.batch, outcome });
  }
}

/** Of runs that differ only in their data, the first with the largest training set. */
function largestRuns(runs: readonly IdentifiedRun[]): IdentifiedRun[] {
  const largest = new Map<string, IdentifiedRun>();
  for (const run of runs) {
    const { backbone, method, training, regime } = run.config;
    const key = canonicalJson({ backbone, method, training });
    const known = largest.get(key);
    if (!known || regimeCost(regime) > regimeCost(known.config.regime)) largest.set(key, run);
  }
  return [...largest.values()];
}

function requestOf({ config }: IdentifiedRun, dataset: DatasetRow): TrainerRequest {
  const { images, classes } = dataset;
  const { train } = splitRun(dataset, config);
  return trainerRequest(config, { classes: classes.length, images: images.length, trainImages: train.length });
}

async function outcomeOf(
  request: TrainerRequest,
  backbone: BackboneSession,
  tools: TrainerTools,
): Promise<TrainerEstimate["outcome"]> {
  try {
    const { estimate, microBatch, fits, largest } = await planTrainer(request, backbone, tools);
    const asked = request.microBatch > 0;
    return { memory: estimate, microBatch, asked, budget: tools.trainerBytes, fits, largest };
  } catch (error) {
    return { error: detailsOf(error) };
  }
}
