/**
 * Methods without training against scikit-learn and NumPy (tools/baselines_reference.py), and what
 * must hold of each.
 */
import { describe, expect, it } from "vitest";
import { byBlocks, type FeaturePredictor, type FitProblem } from "./feature-fit";
import golden from "./fixtures/baselines.json";
import { applyHead } from "./logistic";
import { type Matrix, matrix, pickRows } from "./matrix";
import { fitNearestMean, searchedTemperatures } from "./nearest-mean";
import { fitNearestNeighbours, type NearestNeighboursSettings } from "./nearest-neighbours";
import { logLoss, softmaxed } from "./softmax";
import { fitTipAdapter, searchedAlphas, searchedBetas } from "./tip-adapter";

const rows = (list: readonly (readonly number[])[]) =>
  matrix(list.length, list[0].length, Float64Array.from(list.flat()));

const problemOf = (c: (typeof golden)[number]): FitProblem => ({
  train: { features: rows(c.features), labels: c.labels },
  val: null,
  classes: c.classes,
  weights: c.classWeights,
  valWeights: c.classWeights,
  turn: async () => {},
});

const expectClose = (got: Matrix, want: readonly (readonly number[])[]) =>
  want.flat().forEach((p, k) => void expect(Math.abs(got.data[k] - p)).toBeLessThan(1e-8));

const nearestMean = { similarity: "euclidean", temperature: 1, search: false } as const;
const cosineMean = { ...nearestMean, similarity: "cosine" } as const;
const plainVotes: NearestNeighboursSettings = {
  k: 5,
  similarity: "cosine",
  votes: "similarity",
  temperature: 0.07,
  classWeights: false,
};
const tip = { alpha: 1, beta: 5.5, temperature: 0.1, search: false, classWeights: true };
const kinds: readonly (readonly [string, (problem: FitProblem) => Promise<FeaturePredictor>])[] = [
  ["nearest class mean", (p) => fitNearestMean(p, nearestMean)],
  ["nearest class mean, cosine", (p) => fitNearestMean(p, cosineMean)],
  ["nearest neighbours", (p) => fitNearestNeighbours(p, plainVotes)],
  ["Tip-Adapter", (p) => fitTipAdapter(p, tip)],
];

describe.each(golden)("$name", (c) => {
  const problem = problemOf(c);
  const unseen = rows(c.unseen);

  it.each(c.neighbours)("$k neighbours, $similarity, $votes votes, T $temperature: as scikit-learn", async (want) => {
    const settings = { ...want, classWeights: false } as NearestNeighboursSettings;
    const { logits } = await fitNearestNeighbours(problem, settings);
    expectClose(softmaxed(logits(unseen)), want.probabilities);
  });

  it.each(c.means)("nearest class mean, $similarity, T $temperature: as scikit-learn", async (want) => {
    const settings = { ...want, search: false } as Parameters<typeof fitNearestMean>[1];
    const { logits, head } = await fitNearestMean(problem, settings);
    const got = softmaxed(logits(unseen));
    expectClose(got, want.probabilities);
    const decided = Array.from({ length: got.rows }, (_, i) => {
      const row = [...got.data.subarray(i * c.classes, (i + 1) * c.classes)];
      return row.indexOf(Math.max(...row));
    });
    expect(decided).toEqual(want.predicted);
    expect(head !== null).toBe(want.similarity === "euclidean");
    if (head) expectClose(softmaxed(applyHead(head, unseen)), want.probabilities);
  });

  it.each(c.tips)("Tip-Adapter, α $alpha, β $beta: as NumPy", async ({ probabilities, ...settings }) => {
    const { logits } = await fitTipAdapter(problem, { ...tip, ...settings });
    expectClose(softmaxed(logits(unseen)), probabilities);
  });

  it("keeps as many numbers as it says", async () => {
    const [n, d] = [c.labels.length, c.features[0].length];
    const stored = await Promise.all(kinds.map(async ([, predictorOf]) => (await predictorOf(problem)).storedNumbers));
    expect(stored).toEqual([c.classes * (d + 1), c.classes * d, n * (d + 1), n * (d + 1) + c.classes * d]);
  });

  it("class weights multiply the votes", async () => {
    const uniform = { ...plainVotes, votes: "uniform" as const, k: c.labels.length };
    const { logits } = await fitNearestNeighbours(problem, { ...uniform, classWeights: true });
    // All images vote, balanced: every class has the same share.
    expectClose(
      softmaxed(logits(unseen)),
      c.unseen.map(() => new Array(c.classes).fill(1 / c.classes)),
    );
  });
});

describe.each(kinds)("%s", (_, predictorOf) => {
  const c = golden[1];
  const problem = problemOf(c);

  it("gives a class without training images no chance", async () => {
    const { logits } = await predictorOf({ ...problem, classes: 4, weights: [...problem.weights, 0] });
    const got = softmaxed(logits(rows(c.unseen)));
    for (let i = 0; i < got.rows; i++) expect(got.data[4 * i + 3]).toBe(0);
  });

  it("computes in parts what it computes at once, bit for bit", async () => {
    const { logits } = await predictorOf(problem);
    const many = pickRows(
      rows(c.unseen),
      Array.from({ length: 150 }, (_, i) => i % c.unseen.length),
    );
    expect(await byBlocks(many, logits, problem.turn)).toEqual(logits(many));
  });

  it("holds where all training images are alike", async () => {
    const features = rows([
      [1, 2],
      [1, 2],
    ]);
    const same = { ...problem, train: { features, labels: [0, 1] }, classes: 2, weights: [1, 1], valWeights: [1, 1] };
    const got = softmaxed((await predictorOf(same)).logits(rows([[3, 1]])));
    expect([...got.data].map((p) => Math.round(1e9 * p) / 1e9)).toEqual([0.5, 0.5]);
  });
});

it("of equally similar images the first in order vote, and more than there are is reported", async () => {
  const features = rows([
    [1, 0],
    [1, 0],
    [1, 0],
    [0, 1],
  ]);
  const problem = { ...problemOf(golden[0]), train: { features, labels: [1, 0, 0, 0] } };
  const first = await fitNearestNeighbours(problem, { ...plainVotes, k: 1 });
  expect([...softmaxed(first.logits(rows([[1, 0]]))).data]).toEqual([0, 1]);
  expect(first.warnings).toEqual([]);
  const cut = await fitNearestNeighbours(problem, { ...plainVotes, k: 9, votes: "uniform" });
  expect(cut.warnings).toEqual(["There are 4 training images: k was cut from 9 to 4."]);
  expect(softmaxed(cut.logits(rows([[1, 0]]))).data[1]).toBeCloseTo(0.25, 12);
});

describe("choosing on validation images", () => {
  const c = golden[2];
  const val = { features: rows(c.unseen), labels: c.unseen.map((_, i) => i % 2) };
  const problem = { ...problemOf(c), val };
  const lossOf = ({ logits }: FeaturePredictor) =>
    logLoss(
      softmaxed(logits(val.features)),
      val.labels,
      val.labels.map((label) => c.classWeights[label]),
    );

  it("takes the temperature with the lowest loss, and tells all", async () => {
    const fit = await fitNearestMean(problem, { ...cosineMean, search: true });
    const [{ chosen, candidates }] = fit.choices;
    expect(candidates.map(({ settings }) => settings.temperature)).toEqual(searchedTemperatures);
    const lowest = Math.min(...candidates.map(({ valLoss }) => valLoss));
    expect(lossOf(fit)).toBeCloseTo(lowest, 12);
    expect(lossOf(await fitNearestMean(problem, { ...cosineMean, temperature: chosen.temperature }))).toBe(lossOf(fit));
  });

  it("takes α and β with the lowest loss, never worse than without the cache", async () => {
    const fit = await fitTipAdapter(problem, { ...tip, search: true });
    const [temperature, { chosen, candidates }] = fit.choices;
    expect(candidates).toHaveLength(searchedAlphas.length * searchedBetas.length);
    expect(lossOf(fit)).toBeCloseTo(Math.min(...candidates.map(({ valLoss }) => valLoss)), 12);
    const none = candidates.find(({ settings }) => settings.alpha === 0)!;
    const base = temperature.candidates.find(
      ({ settings }) => settings.temperature === temperature.chosen.temperature,
    )!;
    expect(none.valLoss).toBeCloseTo(base.valLoss, 12);
    expect(lossOf(fit)).toBeLessThanOrEqual(none.valLoss);
    const same = { ...tip, ...temperature.chosen, ...chosen } as typeof tip;
    expect(lossOf(await fitTipAdapter(problem, same))).toBe(lossOf(fit));
  });

  it("says when there are none, and goes by the settings", async () => {
    const without = { ...problem, val: null };
    const fit = await fitTipAdapter(without, { ...tip, search: true });
    expect(fit.choices).toEqual([]);
    expect(fit.warnings).toEqual([
      "No validation images to choose the temperature by: 0.1 was taken, as set.",
      "No validation images to choose α and β by: 1 and 5.5 were taken, as set.",
    ]);
    expect(lossOf(fit)).toBe(lossOf(await fitTipAdapter(problem, tip)));
  });
});
