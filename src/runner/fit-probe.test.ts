/**
 * The probe's penalty search uses validation images or inner folds, never test labels, and can be
 * cancelled.
 */
import { describe, expect, test } from "vitest";
import { createPrng } from "../base";
import { innerFolds } from "../bench/inner-folds";
import { backbones } from "../engine/adapters/testing";
import { createCpuDevice, createTrainer } from "../engine/index";
import { cOf, fitProbe, type ProbeJob, setHead, startingHead } from "./fit-probe";
import { searchedC } from "./penalty-search";

/** Two classes apart along the first of `width` features. */
function drawn(count: number, width: number, apart: number): ProbeJob {
  const prng = createPrng(1, "probe");
  const names = Array.from({ length: count }, (_, i) => `i${i}`);
  const labels = names.map((_, i) => i % 2);
  const feature = (label: number) =>
    Float32Array.from({ length: width }, (_, d) => prng.normal() + (d === 0 ? apart * label : 0));
  const part = (from: number, to: number) => ({ names: names.slice(from, to), labels: labels.slice(from, to) });
  return {
    features: new Map(names.map((name, i) => [name, feature(labels[i])])),
    scale: null,
    train: part(0, count / 2),
    val: part(count / 2, count),
    classes: 2,
    weights: [1, 1],
    valWeights: [1, 1],
    C: 1,
    search: false,
    clock: { now: () => 0, iso: () => "" },
    patientOf: (name) => name,
    seed: 0,
  };
}

test("a search keeps the C of the lowest validation loss, and no label of the test fold could reach it", async () => {
  const job = drawn(80, 12, 1.5);
  const { penalty, outcome } = await fitProbe({ ...job, search: true });
  const tried = penalty!.candidates.map(({ C }) => C);
  expect(tried).toEqual(searchedC.slice(0, tried.length));
  const lowest = Math.min(...penalty!.candidates.map(({ valLoss }) => valLoss));
  expect(penalty!.candidates.find(({ C }) => C === penalty!.chosen)!.valLoss).toBe(lowest);
  expect(outcome.curve.at(-1)!.valLoss).toBeCloseTo(lowest, 3);
  expect((await fitProbe({ ...job, C: penalty!.chosen })).outcome.curve).toEqual(outcome.curve);
});

test("a search ends where the loss is twice the lowest", async () => {
  const { penalty } = await fitProbe({ ...drawn(80, 40, 0.5), search: true });
  const losses = penalty!.candidates.map(({ valLoss }) => valLoss);
  const isFar = losses.map((loss, k) => loss > 2 * Math.min(...losses.slice(0, k)));
  expect(isFar).toEqual(losses.map((_, k) => k === losses.length - 1));
  expect(losses.length).toBeLessThan(searchedC.length);
});

test("a search tells how far it is, and a cancel ends it", async () => {
  const abort = new AbortController();
  const seen: number[] = [];
  const onProgress = ({ done }: { done: number }) => {
    seen.push(done);
    if (done === 2) abort.abort(new Error("enough"));
  };
  const job = { ...drawn(40, 3, 2), search: true, signal: abort.signal, onProgress };
  await expect(fitProbe(job)).rejects.toThrow("enough");
  expect(seen).toEqual([0, 1, 2]);
});

test("fine-tuning starts from the fit with C 1", async () => {
  const job = drawn(40, 3, 2);
  expect(await startingHead(job)).toEqual((await fitProbe(job)).head);
});

describe("without validation images", () => {
  // Classes that overlap, so that no loss rises far and every C is tried.
  const whole = drawn(160, 2, 0.5);
  const job: ProbeJob = { ...whole, val: { names: [], labels: [] }, search: true };

  test("C is chosen by the loss over folds of the training images, each held out in turn", async () => {
    const { penalty, outcome } = await fitProbe(job);
    expect(penalty!.innerFolds).toBe(5);
    expect(outcome.curve.at(-1)).toMatchObject({ valLoss: null, valMcc: null });
    const images = job.train.names.map((name, i) => ({ name, patient: name, label: job.train.labels[i] }));
    expect(penalty!.candidates.map(({ C }) => C)).toEqual(searchedC);
    const losses = innerFolds(images, job.seed).map(async ({ train, held }) => {
      const part = (list: typeof images) => ({ names: list.map((i) => i.name), labels: list.map((i) => i.label) });
      const alone = await fitProbe({ ...job, train: part(train), val: part(held) });
      return alone.penalty!.candidates.map(({ valLoss }) => (valLoss * held.length) / images.length);
    });
    const pooled = (await Promise.all(losses)).reduce((a, b) => a.map((v, k) => v + b[k]));
    penalty!.candidates.forEach(({ valLoss }, k) => void expect(valLoss).toBeCloseTo(pooled[k], 12));
    expect(penalty!.chosen).toBe(searchedC[pooled.indexOf(Math.min(...pooled))]);
  });

  test("the given C is taken where a class has one patient", async () => {
    const lone: ProbeJob = { ...job, patientOf: (name) => (Number(name.slice(1)) % 2 === 0 ? "one" : name) };
    const searched = await fitProbe(lone);
    expect(searched.penalty).toBeUndefined();
    expect(searched.head).toEqual((await fitProbe({ ...lone, search: false })).head);
  });
});

test("standardisation changes the fit, and the logits know it", async () => {
  const job = drawn(40, 3, 2);
  const scale = { mean: Float32Array.of(5, 0, 0), std: Float32Array.of(10, 1, 1) };
  const [plain, scaled] = [await fitProbe(job), await fitProbe({ ...job, scale })];
  const names = job.val.names.slice(0, 3);
  expect(await scaled.logits(names)).not.toEqual(await plain.logits(names));
  const last = scaled.outcome.curve.at(-1)!;
  expect(last.trainLoss).toBeLessThan(Math.log(2));
});

test("an L2 penalty on the mean loss has its C", () => {
  // ½·l2·‖W‖² + mean loss, two rows of opposite halves: ½‖w‖² + (2 / (l2·n))·Σ loss.
  expect(cOf(0.1, { names: [], labels: [0, 1, 1, 0] }, [1, 1])).toBeCloseTo(5, 12);
});

test.each(["linear-probe", "bitfit"])("a trainer of %s takes the head over", async (id) => {
  const { model } = backbones.find(({ name }) => name === "timm-ia3")!;
  const trainer = await createTrainer({
    model,
    device: createCpuDevice(),
    method: { id, config: {} },
    classes: 2,
    batch: 4,
    imageSize: 16,
    seed: 0,
    optimizer: { name: "adamw", weightDecay: 0 },
  });
  const job = drawn(24, trainer.featureWidth, 1);
  const scale = {
    mean: new Float32Array(trainer.featureWidth).fill(0.5),
    std: new Float32Array(trainer.featureWidth).fill(2),
  };
  const probe = await fitProbe({ ...job, scale });
  setHead(trainer, probe.head);
  trainer.setStandardization(scale.mean, scale.std);
  const [weight, bias] = (await trainer.exportTrainables()).filter(({ name }) => name.includes("classifier"));
  const names = job.val.names.slice(0, 4);
  const want = await probe.logits(names);
  names.forEach((name, i) => {
    const feature = job.features.get(name)!;
    for (let c = 0; c < 2; c++) {
      const got = feature.reduce((sum, v, d) => sum + v * weight.data[c * feature.length + d], bias.data[c]);
      expect(got).toBeCloseTo(want[2 * i + c], 4);
    }
  });
  trainer.dispose();
});

test("where all training images are of one class, the probe and the start of fine-tuning predict it", async () => {
  const job = drawn(80, 4, 1);
  const one = { ...job, train: { ...job.train, labels: job.train.labels.map(() => 1) }, search: true };
  const probe = await fitProbe(one);
  expect(Array.from(await probe.logits(["i0", "i1"]))).toEqual([-1e4, 0, -1e4, 0]);
  expect(probe).not.toHaveProperty("penalty");
  expect(probe.outcome).toMatchObject({ epochs: 1, steps: 0 });
  expect(await startingHead(one)).toEqual(probe.head);
});
