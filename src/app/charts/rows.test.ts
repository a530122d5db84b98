/** Every chart's rows, from hand-made records. */
import { expect, test } from "vitest";
import type { Prediction } from "../../bench/record";
import { makeRecord } from "../../bench/testing";
import { domainOf, ticksOf } from "./axis";
import { rows as confusionRows } from "./confusion-matrix";
import { rows as methodsRows } from "./methods-chart";
import { prevalence, rows as prRows } from "./pr-chart";
import { rows as rocRows } from "./roc-chart";
import { rowsCsv } from "./save";
import { rows as shotsRows } from "./shots-chart";
import { rows as curveRows } from "./training-curve";

const mcc = "matthews_corrcoef";
const options = { metric: mcc, label: (series: string) => (series.includes("lora") ? "LoRA" : "Probe") };
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
  const rows = shotsRows(several, options);
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
  expect(methodsRows(several, options).map((r) => `${r.data} ${r.series}`)).toEqual([
    "full Probe",
    "full LoRA",
    "4-shot Probe",
    "4-shot LoRA",
  ]);
});

test("an undefined metric gives no point", () => {
  expect(shotsRows([makeRecord({ metrics: { [mcc]: null } })], options)).toEqual([]);
  expect(methodsRows([], options)).toEqual([]);
});

test("ROC: from nothing positive to everything, by falling threshold", () => {
  expect(rocRows(predicted).map((r) => [r.falsePositiveRate, r.truePositiveRate])).toEqual([
    [0, 0],
    [0, 0.5],
    [0.5, 0.5],
    [0.5, 1],
    [1, 1],
  ]);
  expect(rocRows([makeRecord({ predictions: [prediction(0, 0.2, 0)] })]), "one class only").toEqual([]);
});

test("precision–recall: ends at full recall with the prevalence as precision", () => {
  const rows = prRows(predicted);
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
  expect(new Set(rocRows([three]).map((r) => r.class))).toEqual(new Set(["a", "b", "c"]));
});

test("confusion: counts and the share within each truth", () => {
  expect(confusionRows(predicted)).toEqual([
    { truth: "no", decision: "no", count: 2, share: 1 },
    { truth: "no", decision: "yes", count: 0, share: 0 },
    { truth: "yes", decision: "no", count: 1, share: 0.5 },
    { truth: "yes", decision: "yes", count: 1, share: 0.5 },
  ]);
});

test("training curve: what is not finite is left out", () => {
  expect(curveRows([{ epoch: 1, trainLoss: Number.NaN, valLoss: null, valMcc: 0.2 }])).toEqual([
    { epoch: 1, trainLoss: null, valLoss: null, valMcc: 0.2 },
  ]);
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
