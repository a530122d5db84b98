/** Tests the input of the charts below the comparison. */
import { expect, test } from "vitest";
import { aggregate } from "../../bench/aggregate";
import { metricOf } from "../../bench/metrics";
import { makeRecord } from "../../bench/testing";
import { comparisonInput } from "./comparison-input";

const records = [makeRecord({ method: "lora" }), makeRecord({ method: "probe" })];
const inputFor = (metric: string) => comparisonInput(records, aggregate(records), metricOf(metric));

test("series by their labels; an unknown key is its own label", () => {
  const { series, label } = inputFor("roc_auc");
  expect(series).toEqual(["LORA", "PROBE"]);
  expect(aggregate(records).map((row) => label(row.series))).toEqual(series);
  expect(label("gone")).toBe("gone");
});

test("the baseline is the metric's own, for the images of a repeat", () => {
  expect(inputFor("average_precision").baseline).toBeNull();
  const predictions = Array.from({ length: 20 }, (_, i) => ({
    image: `${i}`,
    patient: `${i}`,
    truth: i < 5 ? 1 : 0,
    probabilities: [0.5, 0.5],
  }));
  const tested = [makeRecord({ predictions }), makeRecord({ method: "probe", predictions: predictions.slice(0, 8) })];
  const { baseline } = comparisonInput(tested, aggregate(tested), metricOf("average_precision"));
  // Chance exceeds the prevalence of 5 in 20: 4/19 + (1 + 1/2 + … + 1/20)/20 · 15/19.
  expect(baseline).toEqual({ label: "chance", value: expect.closeTo(0.352542, 6) });
  expect(comparisonInput(tested, aggregate(tested), metricOf("ece")).baseline).toBeNull();
  const empty = comparisonInput([], [], metricOf("average_precision"));
  expect(empty.baseline).toBeNull();
});

test("the height follows the number of finished rows, within bounds", () => {
  expect(inputFor("roc_auc").height).toBe(240);
  const many = Array.from({ length: 12 }, (_, i) => makeRecord({ method: `m${i}` }));
  expect(comparisonInput(many, aggregate(many), metricOf("roc_auc")).height).toBe(58 + 24 * 12);
  const most = Array.from({ length: 40 }, (_, i) => makeRecord({ method: `m${i}` }));
  expect(comparisonInput(most, aggregate(most), metricOf("roc_auc")).height).toBe(560);
});
