/** Tests which rows each chart draws from hand-made records, and what it needs to draw. */
import { describe, expect, test } from "vitest";
import { metricOf } from "../../bench/metrics";
import type { EpochPoint, Prediction, RunRecord } from "../../bench/record";
import { makeRecord } from "../../bench/testing";
import { domainOf, ticksOf } from "./axis";
import { confusionChart } from "./confusion-chart";
import { curveData, visiblePoints } from "./curve-lines";
import { decisionCurveChart } from "./decision-curve-chart";
import { charts, chartsAt } from "./index";
import type { ComparisonInput, RowInput, RunInput } from "./inputs";
import { methodsChart } from "./methods-chart";
import { poolChoices, poolInWords, poolPredictions } from "./pool";
import { prChart, prevalence } from "./pr-chart";
import { reliabilityChart } from "./reliability-chart";
import { rocChart } from "./roc-chart";
import { rowsCsv } from "./save";
import { shotsChart } from "./shots-chart";
import { thresholdsChart } from "./thresholds-chart";
import { trainingChart } from "./training-chart";

const mcc = "matthews_corrcoef";
const comparison = (records: readonly RunRecord[]): ComparisonInput => ({
  records,
  metric: metricOf(mcc),
  series: ["Probe", "LoRA"],
  label: (seriesKey) => (seriesKey.includes("lora") ? "LoRA" : "Probe"),
  baseline: null,
  height: 240,
});
const row = (records: readonly RunRecord[]): RowInput => ({
  imageRecords: records,
  records,
  noun: "image",
  poolLabel: "",
  selectedCell: null,
  onSelectCell: () => {},
});
const run = (curve: readonly EpochPoint[]): RunInput => ({ curve, unit: "Epoch", caption: "" });
const several = [0, 1].flatMap((fold) =>
  ([{ shots: 4 }, "full"] as const).flatMap((regime) => [
    makeRecord({ method: "lora", regime, fold, metrics: { [mcc]: 0.5 + 0.1 * fold } }),
    makeRecord({ method: "probe", regime, fold, trainable: 10, metrics: { [mcc]: 0.3 } }),
  ]),
);

const prediction = (truth: number, p: number, i: number): Prediction => ({
  image: `i${i}`,
  patient: `p${i}`,
  truth,
  probabilities: [1 - p, p],
});
const predicted = [
  makeRecord({ fold: 0, predictions: [prediction(1, 0.9, 0), prediction(0, 0.4, 1)] }),
  makeRecord({ fold: 1, predictions: [prediction(1, 0.3, 2), prediction(0, 0.1, 3)] }),
];

test("metric against shots: full data stands to the right of the most shots", () => {
  const rows = shotsChart.rows(comparison(several));
  expect(rows).toHaveLength(4);
  const lora = rows.filter((r) => r.series === "LoRA");
  expect(lora.map((r) => [r.shots, r.x, r.runs])).toEqual([
    ["4", 2, 2],
    ["full", 3.5, 2],
  ]);
  expect(lora[0].mean).toBeCloseTo(0.55);
  expect(lora[0].low).toBeLessThan(0.55);
});

test("metric by method: full data first", () => {
  expect(methodsChart.rows(comparison(several)).map((r) => `${r.data} ${r.series}`)).toEqual([
    "full Probe",
    "full LoRA",
    "4-shot Probe",
    "4-shot LoRA",
  ]);
});

test("an undefined metric gives no point", () => {
  expect(shotsChart.rows(comparison([makeRecord({ metrics: { [mcc]: null } })]))).toEqual([]);
  expect(methodsChart.rows(comparison([]))).toEqual([]);
});

test("a metric by method needs one finished run, against shots two amounts of training data", () => {
  expect(methodsChart.needs(comparison([]))).toBe("No finished run yet.");
  expect(methodsChart.needs(comparison(several))).toBe(true);
  expect(shotsChart.needs(comparison(several.filter(({ config }) => config.regime === "full")))).toMatch(/^Needs runs/);
  expect(shotsChart.needs(comparison(several))).toBe(true);
});

test("ROC: from nothing positive to everything, by falling threshold", () => {
  expect(rocChart.rows(row(predicted)).map((r) => [r.falsePositiveRate, r.truePositiveRate])).toEqual([
    [0, 0],
    [0, 0.5],
    [0.5, 0.5],
    [0.5, 1],
    [1, 1],
  ]);
});

test("curves need predictions with both classes", () => {
  const oneClass = row([makeRecord({ predictions: [prediction(0, 0.2, 0)] })]);
  for (const chart of [rocChart, prChart]) {
    expect(chart.needs(row(predicted))).toBe(true);
    expect(chart.needs(oneClass)).toBe("No predictions with both classes yet.");
    expect(chart.needs(row([makeRecord({})]))).toBe("No predictions with both classes yet.");
    expect(chart.rows(oneClass)).toEqual([]);
  }
});

test("precision–recall: ends at full recall with the prevalence as precision", () => {
  const rows = prChart.rows(row(predicted));
  expect(rows[0]).toMatchObject({ recall: 0.5, precision: 1 });
  expect(rows.at(-1)).toMatchObject({ recall: 1, precision: 0.5 });
  expect(prevalence(predicted, 1)).toBe(0.5);
});

test("several classes: one curve each", () => {
  const three = makeRecord({
    classes: ["a", "b", "c"],
    predictions: [0, 1, 2].map((truth, i) => ({
      image: `${i}`,
      patient: `${i}`,
      truth,
      probabilities: [0, 1, 2].map((c) => (c === truth ? 0.8 : 0.1)),
    })),
  });
  expect(new Set(rocChart.rows(row([three])).map((r) => r.class))).toEqual(new Set(["a", "b", "c"]));
});

test("confusion: counts and the share within each truth", () => {
  expect(confusionChart.rows(row(predicted))).toEqual([
    { truth: "no", decision: "no", count: 2, share: 1 },
    { truth: "no", decision: "yes", count: 0, share: 0 },
    { truth: "yes", decision: "no", count: 1, share: 0.5 },
    { truth: "yes", decision: "yes", count: 1, share: 0.5 },
  ]);
});

test("an image counts once, however many repeats and seeds predicted it", () => {
  const again = (change: { seed?: number; splitSeed?: number }) =>
    predicted.map(({ config, predictions }) => makeRecord({ ...change, fold: Number(config.split.part), predictions }));
  const records = [...again({ seed: 1 }), ...predicted, ...again({ splitSeed: 43 })];
  const choices = poolChoices(records);
  expect(choices.map(({ label }) => label)).toEqual([
    "repeat 1 of 2, seed 0",
    "repeat 1 of 2, seed 1",
    "repeat 2 of 2, seed 0",
  ]);
  expect(choices[0].records).toEqual(predicted);
  expect(poolPredictions([...records].reverse())).toEqual(poolPredictions(records));
  expect(poolPredictions(records).map(({ image, seed }) => [image, seed])).toEqual([
    ["i0", 0],
    ["i1", 0],
    ["i2", 0],
    ["i3", 0],
  ]);
  expect(confusionChart.rows(row(records)).map(({ count }) => count)).toEqual([2, 0, 1, 1]);
  expect(poolInWords({ ...row(records), poolLabel: choices[0].label })).toBe(
    "4 images, each once (repeat 1 of 2, seed 0)",
  );
  expect(poolChoices(predicted).map(({ label }) => label)).toEqual([""]);
  expect(poolInWords(row(predicted))).toBe("4 images, each once");
});

test("the drawing of a curve leaves out what nobody can see, and keeps the ends", () => {
  const points = Array.from({ length: 10_001 }, (_, i) => ({ x: i / 10_000, y: Math.sqrt(i / 10_000) }));
  const kept = visiblePoints(points);
  expect(kept.length).toBeLessThan(1000);
  expect([kept[0], kept.at(-1)]).toEqual([points[0], points[10_000]]);
  const data = curveData(
    [[{ row: { class: "a" }, x: 0, y: 0.5 }]],
    [{ index: 0, points: [{ x: 1, low: 0, high: 1 }] }],
  );
  expect(data).toEqual([
    { x: 1, band0: [0, 1] },
    { class: "a", x: 0, y0: 0.5 },
  ]);
});

test("training curve: leaves out values that are not finite", () => {
  const input = run([{ epoch: 1, trainLoss: Number.NaN, valLoss: null, valMcc: 0.2 }]);
  expect(trainingChart.rows(input)).toEqual([{ epoch: 1, trainLoss: null, valLoss: null, valMcc: 0.2 }]);
  expect(trainingChart.needs(input)).toBe(true);
  expect(trainingChart.needs(run([]))).toBe("The first epoch is under way.");
});

test("axes: round bounds inside the metric's range, round ticks", () => {
  expect(domainOf([0.42, 0.81, Number.NaN], [-1, 1])).toEqual([0.4, 0.9]);
  expect(domainOf([0.99, 1.2], [0, 1])).toEqual([0.9, 1]);
  expect(domainOf([], [0, 1])).toEqual([0, 1]);
  expect(ticksOf([0.4, 0.9])).toEqual([0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
});

test("rows as CSV: quoted, undefined left blank", () => {
  expect(
    rowsCsv([
      { a: 'x,"y"', b: Number.NaN },
      { a: "z", c: 1 },
    ]),
  ).toBe('a,b,c\n"x,""y""",,\nz,,1\n');
});

test("the registry holds every chart of the folder, each under an id of its own", () => {
  const modules = import.meta.glob<Record<string, unknown>>(["./*-chart.tsx", "!./define-chart.tsx"], {
    eager: true,
  });
  const declared = Object.values(modules).flatMap((module) => Object.entries(module));
  const inFolder = declared.filter(([name]) => name.endsWith("Chart")).map(([, chart]) => chart);
  expect(new Set(charts)).toEqual(new Set(inFolder));
  expect(new Set(charts.map(({ id }) => id)).size).toBe(charts.length);
});

test("every chart stands at one place, in the registry's order", () => {
  const places = [...new Set(charts.map(({ place }) => place))];
  const positions = places.map((place) =>
    chartsAt(place).map((chart) => {
      expect(chart.place).toBe(place);
      return charts.findIndex(({ id }) => id === chart.id);
    }),
  );
  for (const at of positions) {
    expect(at.length).toBeGreaterThan(0);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  }
  expect(positions.flat().sort((a, b) => a - b)).toEqual(charts.map((_, i) => i));
});

describe("charts of probabilities", () => {
  /** A fold with 40 test and 40 validation images, whose outputs are twice too sure. */
  function sureFold(fold: number) {
    const images = (name: string) =>
      Array.from({ length: 40 }, (_, i) => {
        const z = (i % 20) / 5 - 2;
        const hit = (i * 7 + fold) % 20 < 20 / (1 + Math.exp(-z)) ? 1 : 0;
        const p = 1 / (1 + Math.exp(-2 * z));
        return { image: `${name}${fold}-${i}`, patient: `${name}${fold}-${i}`, truth: hit, probabilities: [1 - p, p] };
      });
    const val = images("v");
    const counts = val.reduce((sum, { truth }) => (truth === 1 ? [sum[0], sum[1] + 1] : [sum[0] + 1, sum[1]]), [0, 0]);
    const record = makeRecord({ fold, predictions: images("t") });
    record.config.training.classWeights = "none";
    const probabilities = val.map((prediction) => prediction.probabilities);
    return {
      ...record,
      trainCounts: { used: counts, part: counts },
      validationPredictions: { truth: val.map(({ truth }) => truth), probabilities },
    };
  }
  const folds = [sureFold(0), sureFold(1)];

  test("reliability: bins before and after calibration, which brings the shares closer", () => {
    const rows = reliabilityChart.rows(row(folds));
    const names = ["Before calibration", "After calibration"];
    expect([...new Set(rows.map(({ series }) => series))]).toEqual(names);
    const gaps = names.map((name) =>
      rows
        .filter(({ series }) => series === name)
        .reduce((sum, { probability, observed, images }) => sum + images * Math.abs(probability - observed), 0),
    );
    expect(gaps[1]).toBeLessThan(gaps[0]);
    for (const { low, observed, high } of rows) expect(low <= observed && observed <= high).toBe(true);
    expect(rows.reduce((sum, { images }) => sum + images, 0)).toBe(160);
  });

  test("without validation images there is one series, and an old record has none", () => {
    const [{ validationPredictions, ...record }] = folds;
    expect(new Set(reliabilityChart.rows(row([record])).map(({ series }) => series)).size).toBe(1);
    expect(reliabilityChart.needs(row([record]))).toBe(true);
    const { trainCounts, ...old } = record;
    for (const chart of [reliabilityChart, decisionCurveChart])
      expect(chart.needs(row([old]))).toMatch(/^The model's output is a score, not a probability\./);
    expect(thresholdsChart.needs(row([old]))).toMatch(/no validation images/);
    expect(reliabilityChart.needs(row([makeRecord({})]))).toBe("No predictions yet.");
  });

  test("decision curve: everybody and nobody meet at the prevalence", () => {
    const rows = decisionCurveChart.rows(row(folds));
    expect(rows).toHaveLength(99);
    const share = folds.flatMap(({ predictions }) => predictions).filter(({ truth }) => truth === 1).length / 80;
    for (const { threshold, everybody, nobody, calibrated } of rows) {
      expect(nobody).toBe(0);
      if (Math.abs(threshold - share) > 0.01) expect(everybody > 0).toBe(threshold < share);
      expect(calibrated).not.toBeNull();
    }
    const three = makeRecord({ classes: ["a", "b", "c"] });
    expect(decisionCurveChart.needs(row([three]))).toMatch(/two classes/);
    expect(thresholdsChart.needs(row([three]))).toMatch(/two classes/);
  });

  test("thresholds: chosen on validation images, counted on test images", () => {
    const rows = thresholdsChart.rows(row(folds));
    expect(rows.map(({ rule }) => rule)).toHaveLength(3);
    const [, sensitive, specific] = rows;
    expect(Number.parseInt(sensitive.sensitivity, 10)).toBeGreaterThan(Number.parseInt(specific.sensitivity, 10));
    expect(sensitive.threshold!).toBeLessThan(specific.threshold!);
  });
});
