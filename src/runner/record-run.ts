/**
 * The third step of a run: hands over what was learnt, measures the predictions, and writes the
 * record.
 */
import { computeMetrics } from "../bench/metrics";
import type { RunRecord } from "../bench/record";
import type { DatasetRow } from "../data/types";
import type { Model, Trainer } from "../engine/types";
import { softmaxRows } from "./evaluate";
import type { LearnedRun } from "./learn";
import type { PreparedRun } from "./prepare";
import type { IdentifiedRun } from "./resolve";
import type { RunContext } from "./run-context";

interface RecordContext extends RunContext {
  /** Time of the clock at which the run began, ms. */
  started: number;
}

export async function recordRun(
  run: IdentifiedRun,
  prepared: PreparedRun,
  learned: LearnedRun,
  context: RecordContext,
): Promise<RunRecord> {
  const { dataset, clock } = context;
  const model = await context.backbone.model();
  await keepLearnt(run, prepared, learned, { ...context, model });
  const probabilities = softmaxRows(learned.testLogits, prepared.classes);
  return {
    schema: 2,
    id: run.id,
    config: run.config,
    labels: run.labels,
    dataset: describeDataset(dataset.row),
    split: prepared.split,
    trainCounts: prepared.trainCounts,
    ...sizesOf(prepared.trainer, learned, model),
    ...trainingOf(prepared, learned),
    wallMs: clock.now() - context.started,
    predictions: predictionsOf(prepared, probabilities),
    ...validationOf(prepared, learned),
    metrics: computeMetrics({ truth: prepared.test.labels, probabilities, classes: prepared.classes }),
    environment: context.environment,
    warnings: learned.warnings,
    finishedAt: clock.iso(),
  };
}

async function keepLearnt(
  run: IdentifiedRun,
  { trainer }: PreparedRun,
  { predictor }: LearnedRun,
  { keepAdapter, backbone, dataset, model }: RunContext & { model: Model },
): Promise<void> {
  const isHeadless = predictor?.head === null;
  await keepAdapter?.({
    run,
    classes: dataset.row.classes,
    parameters: isHeadless ? 0 : trainer.trainableParameters,
    tensors: async () => (isHeadless ? [] : trainer.exportTrainables()),
    backbone: { model, feature: backbone.kind, imageSize: backbone.preprocessing.size },
  });
}

function sizesOf(trainer: Trainer, { predictor }: LearnedRun, { info }: Model) {
  const head = predictor?.storedNumbers ?? headParameters(trainer.trainables);
  return {
    trainableParameters: predictor ? 0 : trainer.trainableParameters,
    totalParameters: info.parameters + head,
    ...(predictor && { storedNumbers: predictor.storedNumbers }),
  };
}

function trainingOf({ batch, microBatch }: PreparedRun, { outcome, headRates, penalty, predictor }: LearnedRun) {
  return {
    epochs: outcome.epochs,
    bestEpoch: outcome.bestEpoch,
    steps: outcome.steps,
    msPerStep: outcome.msPerStep,
    ...(microBatch < batch && { microBatch }),
    curve: outcome.curve,
    ...(headRates && { headRates }),
    ...(penalty && { penalty }),
    ...(predictor && predictor.choices.length > 0 && { choices: predictor.choices }),
  };
}

function predictionsOf({ test, imageOf }: PreparedRun, probabilities: readonly number[][]): RunRecord["predictions"] {
  return test.names.map((image, i) => ({
    image,
    patient: imageOf(image).patient,
    truth: test.labels[i],
    probabilities: probabilities[i],
  }));
}

/** The images' names stand in the split already. */
function validationOf(
  { val, classes }: PreparedRun,
  { valLogits }: LearnedRun,
): Pick<RunRecord, "validationPredictions"> {
  if (val.names.length === 0) return {};
  const probabilities = softmaxRows(valLogits, classes).map((row) => row.map(rounded));
  return { validationPredictions: { truth: [...val.labels], probabilities } };
}

/** Logits are float32, so that more than 7 digits would only enlarge the record. */
const rounded = (p: number): number => Number(p.toPrecision(7));

function headParameters(trainables: Trainer["trainables"]): number {
  const heads = trainables.filter(({ group }) => group === "head");
  return heads.reduce((sum, { shape }) => sum + shape.reduce((product, d) => product * d, 1), 0);
}

export function describeDataset(row: DatasetRow): RunRecord["dataset"] {
  const { images, classes, synthetic, grouping } = row;
  const share = (c: number) => images.filter(({ label }) => label === c).length / images.length;
  const patients = new Set(images.map(({ patient }) => patient)).size;
  return { images: images.length, patients, classes, prevalence: classes.map((_, c) => share(c)), synthetic, grouping };
}
