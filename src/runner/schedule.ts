/** Learning-rate schedules: the factor on the peak rate, step by step. */
import type { Training } from "../bench/training";

export interface Schedule {
  /** Factor of the step with this index, in [0, 1]. */
  at(step: number): number;
  /** Takes the validation loss after an epoch; only "plateau" uses it. */
  epochDone(valLoss: number | null): void;
}

/**
 * Defaults of torch.optim.lr_scheduler.ReduceLROnPlateau: the factor and the relative threshold.
 */
const plateauFactor = 0.1;
const plateauThreshold = 1e-4;
/**
 * The published study waits a quarter as long for a plateau as for stopping (25 and 100 epochs).
 */
const plateauShare = 0.25;
const plateauPatienceWithoutStopping = 25;

/**
 * Linear warm-up from 1/(w+1) over the first w steps, the share `warmup` of `totalSteps`.
 * Afterwards "cosine" falls to 0 at the last step (arXiv 1608.03983), "constant" stays at 1, and
 * "plateau" falls to a tenth whenever the validation loss has not improved for a quarter of the
 * stopping patience.
 */
export function createSchedule(
  training: Pick<Training, "schedule" | "warmup" | "patience">,
  totalSteps: number,
): Schedule {
  const warmupSteps = Math.min(totalSteps - 1, Math.round(training.warmup * totalSteps));
  const patience = training.patience
    ? Math.max(1, Math.round(training.patience * plateauShare))
    : plateauPatienceWithoutStopping;
  let plateau = 1;
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  const afterWarmup = (step: number) => {
    if (training.schedule === "plateau") return plateau;
    if (training.schedule === "constant") return 1;
    const share = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
  };
  return {
    at: (step) => (step < warmupSteps ? (step + 1) / (warmupSteps + 1) : afterWarmup(step)),
    epochDone: (valLoss) => {
      if (training.schedule !== "plateau" || valLoss === null) return;
      if (valLoss < best * (1 - plateauThreshold)) {
        best = valLoss;
        waited = 0;
      } else if (++waited > patience) {
        plateau *= plateauFactor;
        waited = 0;
      }
    },
  };
}
