/**
 * Chooses the head's learning rate among several by the validation loss. Test images play no part.
 */
import { RadaptError } from "../base";
import type { RunRecord } from "../bench/record";
import type { NamedTensor } from "../engine/types";
import { type TrainingJob, type TrainingOutcome, trainModel } from "./train";

export type HeadRates = NonNullable<RunRecord["headRates"]>;

export interface HeadRateJob extends Omit<TrainingJob, "onEpoch"> {
  /** Not empty. */
  rates: readonly number[];
  /** Resets the trainer to where training starts. */
  restart: () => void;
  onEpoch?: (point: TrainingOutcome["curve"][number], index: number) => void;
}

interface RateCandidate {
  headLr: number;
  outcome: TrainingOutcome;
  /** Validation loss of the trainables that training ends with. */
  valLoss: number;
}

/**
 * Trains with each rate from the same start and leaves the trainer with the trainables of the best
 * one, the first among equals. Skips rates with which training diverges.
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

function lossAt({ curve, bestEpoch }: TrainingOutcome): number | null {
  return curve.find(({ epoch }) => epoch === bestEpoch)?.valLoss ?? null;
}
