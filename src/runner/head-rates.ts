/** Chooses the head's learning rate among several by the validation loss: the images to be tested play no part. */
import { RadaptError } from "../base";
import type { RunRecord } from "../bench/record";
import type { NamedTensor } from "../engine/types";
import { type TrainingJob, type TrainingOutcome, trainModel } from "./train";

export type HeadRates = NonNullable<RunRecord["headRates"]>;

export interface HeadRateJob extends Omit<TrainingJob, "onEpoch"> {
  /** Not empty. */
  rates: readonly number[];
  /** Brings the trainer back to where training starts. */
  restart: () => void;
  onEpoch?: (point: TrainingOutcome["curve"][number], index: number) => void;
}

interface RateCandidate {
  headLr: number;
  outcome: TrainingOutcome;
  /** Of the trainables that it ends with. */
  valLoss: number;
}

/**
 * Trains with each rate from the same start and leaves the trainer with what the best has learnt, the first of equals. A
 * rate with which training diverges is passed over; with one rate alone there is nothing to choose by and its error is thrown.
 *
 * @throws RadaptError `train.diverged` when training diverges with every rate
 */
export async function trainWithBestHeadRate(
  job: HeadRateJob,
): Promise<{ outcome: TrainingOutcome; headRates: HeadRates }> {
  const { rates, trainer, restart, training } = job;
  const candidates: HeadRates["candidates"] = [];
  let best: (RateCandidate & { learnt: NamedTensor[] | null }) | null = null;
  let failure: unknown;
  for (const [index, headLr] of rates.entries()) {
    if (best && !best.learnt) best.learnt = await trainer.exportTrainables();
    restart();
    const onEpoch: TrainingJob["onEpoch"] = (point) => job.onEpoch?.(point, index);
    const outcome = await trainModel({ ...job, training: { ...training, headLr }, onEpoch }).catch((error: unknown) => {
      if (!(error instanceof RadaptError) || error.code !== "train.diverged") throw error;
      failure = error;
      return null;
    });
    const valLoss = outcome && lossAt(outcome);
    candidates.push({ headLr, valLoss });
    if (outcome && valLoss !== null && (!best || valLoss < best.valLoss))
      best = { headLr, outcome, valLoss, learnt: null };
  }
  if (!best) throw failure;
  if (best.learnt) trainer.importTrainables(best.learnt);
  return { outcome: best.outcome, headRates: { chosen: best.headLr, candidates } };
}

/** The validation loss of the epoch whose trainables are kept. */
function lossAt({ curve, bestEpoch }: TrainingOutcome): number | null {
  return curve.find(({ epoch }) => epoch === bestEpoch)?.valLoss ?? null;
}
