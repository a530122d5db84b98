/**
 * Records with a known truth: probabilities are right after the correction, order and decisions do
 * not change, and a record that cannot be corrected says so.
 */
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import { applyHead, createLogisticSolver } from "../../engine/heads/logistic";
import { matrix } from "../../engine/heads/matrix";
import { softmaxed } from "../../engine/heads/softmax";
import { aggregate } from "../aggregate";
import { classWeights, countsOf } from "../class-weights";
import { computeMetrics } from "../metrics";
import type { RunRecord } from "../record";
import { makeRecord } from "../testing";
import type { Training } from "../training";
import { calibratorOf } from "./calibrate";
import { sigmoid } from "./log-odds";
import { classShares, withCorrectedMetrics, withCorrectedProbabilities } from "./of-record";

/** Images with two features that the outcome follows; on average 13 % are positive. */
function drawImages(n: number, stream: string) {
  const prng = createPrng(1, stream);
  const features = matrix(n, 2);
  const labels = Array.from({ length: n }, (_, i) => {
    const [a, b] = [prng.normal(), prng.normal()];
    features.data.set([a, b], 2 * i);
    return prng.uniform() < sigmoid(-2.6 + 1.2 * a - 0.8 * b) ? 1 : 0;
  });
  return { features, labels };
}

/** The record of a logistic regression with balanced class weights, as a linear probe is. */
function weightedRun(mode: Training["classWeights"] = "balanced"): RunRecord {
  const [train, val, test] = [drawImages(600, "train"), drawImages(200, "val"), drawImages(3000, "test")];
  const weights = classWeights(train.labels, 2, mode);
  const problem = { ...train, weights: train.labels.map((label) => weights[label]), classes: 2 };
  const { head } = createLogisticSolver(problem).path().fit(1e4);
  const rowsOf = ({ features }: typeof test): number[][] => {
    const { data } = softmaxed(applyHead(head, features));
    return Array.from({ length: features.rows }, (_, i) => [data[2 * i], data[2 * i + 1]]);
  };
  const probabilities = rowsOf(test);
  const predictions = probabilities.map((row, i) => ({
    image: `${i}`,
    patient: `${i}`,
    truth: test.labels[i],
    probabilities: row,
  }));
  const metrics = computeMetrics({ truth: test.labels, probabilities, classes: 2 });
  const counts = countsOf(train.labels, 2);
  const record = makeRecord({ method: "linear-probe", predictions, metrics });
  record.config.training.classWeights = mode;
  record.validationPredictions = { truth: val.labels, probabilities: rowsOf(val) };
  return { ...record, trainCounts: { used: counts, part: counts } };
}

const meanOf = ({ predictions }: RunRecord) =>
  predictions.reduce((sum, { probabilities }) => sum + probabilities[1], 0) / predictions.length;
const observed = (record: RunRecord) =>
  record.predictions.filter(({ truth }) => truth === 1).length / record.predictions.length;

describe("a run with balanced class weights", () => {
  const stored = weightedRun();
  const corrected = withCorrectedProbabilities(stored);
  const plain = weightedRun("none");

  it("predicts the observed share after the correction, and nearly what unweighted training does", () => {
    expect(observed(stored)).toBeCloseTo(0.13, 1);
    expect(meanOf(stored)).toBeGreaterThan(0.3);
    expect(Math.abs(meanOf(corrected) - observed(stored))).toBeLessThan(0.015);
    expect(corrected.metrics.brier).toBeCloseTo(plain.metrics.brier!, 2);
    expect(corrected.metrics.log_loss).toBeCloseTo(plain.metrics.log_loss!, 2);
    const naive = observed(stored) * (1 - observed(stored));
    expect(stored.metrics.brier).toBeGreaterThan(naive);
    expect(corrected.metrics.brier).toBeLessThan(naive);
    expect(corrected.metrics.ece).toBeLessThan(stored.metrics.ece! / 4);
  });

  it("keeps order, decisions, predictions and identity", () => {
    const { metrics, ...rest } = withCorrectedMetrics(stored);
    const { metrics: before, ...same } = stored;
    expect(rest).toEqual(same);
    const changed = Object.keys(metrics).filter((id) => metrics[id] !== before[id]);
    expect(changed.sort()).toEqual(["brier", "ece", "log_loss"]);
    const auc = computeMetrics({
      truth: corrected.predictions.map(({ truth }) => truth),
      probabilities: corrected.predictions.map(({ probabilities }) => probabilities),
      classes: 2,
    });
    expect(auc.roc_auc).toBe(before.roc_auc);
    expect(auc.average_precision).toBe(before.average_precision);
  });

  it("has the same row in the table whether its metrics were corrected before or not", () => {
    const [row] = aggregate([withCorrectedMetrics(stored)]);
    expect(row.metrics.brier.mean).toBeCloseTo(corrected.metrics.brier!, 12);
    expect(row.metrics.matthews_corrcoef.mean).toBe(stored.metrics.matthews_corrcoef);
  });

  it("comes back as it is where training had the shares of the data", () => {
    expect(withCorrectedProbabilities(plain)).toBe(plain);
    expect(withCorrectedMetrics(plain)).toBe(plain);
  });

  it("is corrected to the shares of the whole part where it drew shots", () => {
    const few = weightedRun("none");
    few.trainCounts = { used: [8, 8], part: [520, 80] };
    expect(classShares(few).result).toEqual({ trained: [0.5, 0.5], data: [520 / 600, 80 / 600] });
  });
});

describe("an output that is no probability", () => {
  const reasonOf = (change: (record: RunRecord) => void, method = "lora") => {
    const record = { ...makeRecord({ method, metrics: { brier: 0.3 } }), trainCounts: { used: [9, 3], part: [9, 3] } };
    change(record);
    expect(withCorrectedProbabilities(record)).toBe(record);
    expect(calibratorOf(record).result).toBeNull();
    return classShares(record).reason;
  };

  it("says why", () => {
    expect(reasonOf((record) => delete record.trainCounts)).toMatch(/earlier version/);
    expect(reasonOf((record) => Object.assign(record.config.training, { loss: "focal" }))).toMatch(/focal loss/);
    expect(reasonOf((record) => Object.assign(record.config.training, { labelSmoothing: 0.1 }))).toMatch(/smoothing/);
    expect(reasonOf((record) => Object.assign(record.config.training, { mixup: 0.4 }))).toMatch(/Mixup/);
    expect(reasonOf(() => {}, "knn")).toMatch(/fits no probabilities/);
    expect(reasonOf(() => {}, "removed-since")).toMatch(/no method “removed-since”/);
    expect(reasonOf((record) => (record.trainCounts = { used: [4, 0], part: [9, 3] }))).toMatch(/was “yes”/);
  });

  it("is none where a setting does not enter the method", () => {
    const record = { ...makeRecord({ method: "linear-probe" }), trainCounts: { used: [9, 3], part: [9, 3] } };
    Object.assign(record.config.training, { loss: "focal", sampling: "balanced", classWeights: "none" });
    expect(classShares(record).result).toEqual({ trained: [0.75, 0.25], data: [0.75, 0.25] });
  });
});

describe("calibration on validation images", () => {
  it("finds a temperature near 1 for a model that is right after the correction", () => {
    const { result } = calibratorOf(weightedRun());
    expect(result!.temperature).toBeGreaterThan(0.7);
    expect(result!.temperature).toBeLessThan(1.4);
  });

  it("cools a model that is three times too sure, and so lowers its log loss on new images", () => {
    const sharpen = (row: readonly number[]) => {
      const powers = row.map((p) => p ** 3);
      return powers.map((p) => p / (powers[0] + powers[1]));
    };
    const sure = weightedRun("none");
    const { truth, probabilities } = sure.validationPredictions!;
    sure.validationPredictions = { truth, probabilities: probabilities.map(sharpen) };
    const output = sure.predictions.map((p) => sharpen(p.probabilities));
    const calibrator = calibratorOf(sure).result!;
    expect(calibrator.temperature).toBeGreaterThan(2.2);
    expect(calibrator.temperature).toBeLessThan(4);
    const labels = sure.predictions.map((p) => p.truth);
    const lossOf = (rows: number[][]) => computeMetrics({ truth: labels, probabilities: rows, classes: 2 }).log_loss!;
    expect(lossOf(output.map(calibrator.apply))).toBeLessThan(lossOf(output) - 0.05);
    expect(lossOf(output.map(calibrator.apply))).toBeCloseTo(sure.metrics.log_loss!, 1);
  });

  it("says where the validation images are too few", () => {
    const record = weightedRun();
    record.validationPredictions = {
      truth: [0, 1],
      probabilities: [
        [0.6, 0.4],
        [0.3, 0.7],
      ],
    };
    expect(calibratorOf(record).reason).toMatch(/The 2 validation images of a run are too few/);
    delete record.validationPredictions;
    expect(calibratorOf(record).reason).toMatch(/no validation images/);
  });

  it("treats k validation images per class as drawn by class", () => {
    const record = weightedRun();
    record.config.regime = { shots: 12 };
    record.trainCounts = { used: [12, 12], part: record.trainCounts!.part };
    const rows = record.validationPredictions!.probabilities;
    const { truth } = record.validationPredictions!;
    const drawn = [0, 1].flatMap((c) => truth.flatMap((label, i) => (label === c ? [i] : [])).slice(0, 12));
    record.validationPredictions = { truth: drawn.map((i) => truth[i]), probabilities: drawn.map((i) => rows[i]) };
    const { result } = calibratorOf(record);
    const mean = record.predictions.reduce((sum, p) => sum + result!.apply(p.probabilities)[1], 0) / 3000;
    expect(Math.abs(mean - observed(record))).toBeLessThan(0.04);
  });
});
