/**
 * The second step of a run: learns from the training images in the way of its method, and predicts
 * the test and the validation images. There are three ways: training in steps, a logistic
 * regression solved on features, a predictor computed at once.
 */
import type { OnProgress } from "../base/progress";
import { classPrior } from "../bench/class-weights";
import { fitOf } from "../engine/adapters";
import type { FeaturePredictor } from "../engine/heads/feature-fit";
import type { LinearHead } from "../engine/heads/logistic";
import { logitAdjustment } from "../engine/losses";
import { augments, createAugment } from "./augment";
import { predictAll } from "./evaluate";
import { cOf, fitProbe, type ProbeJob, setHead, startingHead } from "./fit-probe";
import { type HeadRates, trainWithBestHeadRate } from "./head-rates";
import type { Penalty } from "./penalty-search";
import type { PreparedRun } from "./prepare";
import type { IdentifiedRun } from "./resolve";
import type { RunContext } from "./run-context";
import { type Labelled, type TrainingJob, type TrainingOutcome, trainModel } from "./train";
import { lossOf } from "./trainer-request";
import { fitTrainingFree, type TrainingFreeJob } from "./training-free";
import { probeWarnings, trainingFreeWarnings, warningsOf } from "./warnings";

/** What came of learning, whichever way it went. */
export interface LearnedRun {
  outcome: TrainingOutcome;
  headRates?: HeadRates;
  penalty?: Penalty;
  /** What predicts where nothing was trained. */
  predictor?: FeaturePredictor;
  /** [n, C] of the test images, and of the validation images, in their order. */
  testLogits: Float32Array;
  valLogits: Float32Array;
  warnings: string[];
}

/**
 * The trainer holds what was learnt afterwards.
 *
 * @throws RadaptError `train.diverged`, `fit.*`; the signal's reason
 */
export async function learn(run: IdentifiedRun, prepared: PreparedRun, context: RunContext): Promise<LearnedRun> {
  const { clock, signal } = context;
  const { method, seed } = run.config;
  const fit = fitOf(method);
  if (fit === null) return trainInSteps(run, prepared, context);
  const job = { ...prepared, clock, signal, seed };
  startAt(null, run, prepared);
  if (fit.kind === "training-free") return computePredictor(run, prepared, { ...job, ...fit }, context);
  const patientOf = (name: string) => {
    const { group, patient } = prepared.imageOf(name);
    return group ?? patient;
  };
  return solveProbe(run, prepared, { ...job, ...fit, patientOf }, context);
}

/**
 * Sets the trainer's head, where one is given, and what training keeps fixed: the standardisation
 * and the log priors. A new head resets the standardisation, so it comes first.
 */
function startAt(head: LinearHead | null, { config: { training } }: IdentifiedRun, prepared: PreparedRun): void {
  const { trainer, scale, train, classes } = prepared;
  if (head) setHead(trainer, head);
  if (scale) trainer.setStandardization(scale.mean, scale.std);
  const adjustment = logitAdjustment(lossOf(training), classPrior(train.labels, classes));
  if (adjustment) trainer.setLogitAdjustment(adjustment);
}

/**
 * Trains once; or once for each head learning rate, where the validation images choose among
 * several.
 */
async function trainInSteps(run: IdentifiedRun, prepared: PreparedRun, context: RunContext): Promise<LearnedRun> {
  const { training, seed } = run.config;
  const { trainer, inputs, classes, batch, split, test, val } = prepared;
  const { dataset, signal } = context;
  const start = training.headStart === "probe" ? await startingHead({ ...prepared, signal }) : null;
  startAt(start, run, prepared);
  const job = trainingJob(run, prepared, context);
  const restart = () => {
    trainer.reset(seed);
    startAt(start, run, prepared);
  };
  const { outcome, headRates } = await trainBest(run.id, job, restart, context.onEvent);
  const predict = ({ names }: Labelled) => predictAll(trainer, inputs, names, classes, batch, signal);
  return {
    outcome,
    headRates,
    testLogits: await predict(test),
    valLogits: await predict(val),
    warnings: warningsOf(dataset.row, split, job, outcome),
  };
}

function trainingJob({ config }: IdentifiedRun, prepared: PreparedRun, context: RunContext): TrainingJob {
  const { training, seed } = config;
  const { clock, signal, backbone } = context;
  const sha256 = (name: string) => prepared.imageOf(name).sha256;
  const readsImages = augments(training) && !prepared.trainer.cut;
  const augment = readsImages ? createAugment(training, backbone.preprocessing, seed, sha256) : undefined;
  return { ...prepared, training, augment, seed, clock, signal };
}

async function trainBest(
  id: string,
  job: TrainingJob,
  restart: () => void,
  onEvent: RunContext["onEvent"],
): Promise<Pick<LearnedRun, "outcome" | "headRates">> {
  const { epochs } = job.training;
  const rates = [...new Set(job.training.headLrs)];
  if (rates.length === 0 || job.val.names.length === 0) {
    const onEpoch: TrainingJob["onEpoch"] = (point) => onEvent?.({ type: "epoch", id, point, epochs });
    return { outcome: await trainModel({ ...job, onEpoch }) };
  }
  const label = (index: number) => `head learning rate ${rates[index]}, ${index + 1} of ${rates.length}`;
  return trainWithBestHeadRate({
    ...job,
    rates,
    restart,
    onEpoch: (point, index) => {
      const candidate = { index, of: rates.length, label: label(index) };
      onEvent?.({ type: "epoch", id, point, epochs, candidate });
    },
  });
}

/** Solves for the head. Emits the curve at the end: the number of iterations is known only then. */
async function solveProbe(
  run: IdentifiedRun,
  prepared: PreparedRun,
  job: ProbeJob,
  { dataset, onEvent }: RunContext,
): Promise<LearnedRun> {
  const { id, config } = run;
  const { training } = config;
  const C = training.headL2 > 0 ? cOf(training.headL2, job.train, job.weights) : job.C;
  const onProgress: OnProgress = (progress) => onEvent?.({ type: "stage", id, progress });
  const probe = await fitProbe({ ...job, C, onProgress });
  startAt(probe.head, run, prepared);
  const { outcome, penalty } = probe;
  for (const point of outcome.curve) onEvent?.({ type: "epoch", id, point, epochs: outcome.epochs });
  return {
    outcome,
    penalty,
    testLogits: await probe.logits(prepared.test.names),
    valLogits: await probe.logits(prepared.val.names),
    warnings: probeWarnings(dataset.row, prepared.split, training, probe),
  };
}

async function computePredictor(
  run: IdentifiedRun,
  prepared: PreparedRun,
  job: TrainingFreeJob,
  { dataset }: RunContext,
): Promise<LearnedRun> {
  const { outcome, predictor, logits } = await fitTrainingFree(job);
  if (predictor.head) startAt(predictor.head, run, prepared);
  return {
    outcome,
    predictor,
    testLogits: await logits(prepared.test.names),
    valLogits: await logits(prepared.val.names),
    warnings: trainingFreeWarnings(dataset.row, run.config.training, predictor),
  };
}
