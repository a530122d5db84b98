/**
 * Tests the sorting of rows, the marks of the best, the labels of series, and the predictions
 * behind a row.
 */
import { expect, test } from "vitest";
import { aggregate } from "../../bench/aggregate";
import { comparedGroups, correctedT } from "../../bench/comparisons";
import { makeRecord } from "../../bench/testing";
import { decisionNote, predictionItem, predictionRows, probabilityLabel } from "./prediction-rows";
import { chosenScope, scopedRecords, scopes } from "./scopes";
import { bestKeys, seriesLabels, sortRows, verdicts } from "./table-rows";

const mcc = "matthews_corrcoef";
const records = [0, 1, 2, 3, 4].flatMap((fold) => [
  makeRecord({ method: "lora", fold, metrics: { [mcc]: 0.8 + 0.01 * fold } }),
  makeRecord({ method: "probe", fold, metrics: { [mcc]: 0.3 + 0.012 * fold } }),
  makeRecord({ method: "probe", regime: { shots: 2 }, fold, metrics: { [mcc]: null } }),
]);
const rows = aggregate(records);

test("rows sort by any column, undefined values last either way", () => {
  const order = (descending: boolean) =>
    sortRows(rows, { key: `metric:${mcc}`, descending }).map((r) => `${r.methodId} ${r.regimeLabel}`);
  expect(order(true)).toEqual(["lora full", "probe full", "probe 2-shot"]);
  expect(order(false)).toEqual(["probe full", "lora full", "probe 2-shot"]);
  expect(sortRows(rows, { key: "order", descending: true })).toEqual(rows);
});

test("best is a row that beats every other of its amount of data, and no row alone", () => {
  const best = bestKeys(comparedGroups(records, mcc, { primary: { metric: mcc, equivalence: 0.05 } }));
  expect(rows.filter((r) => best.has(r.key)).map((r) => r.methodId)).toEqual(["lora"]);
  expect(bestKeys(comparedGroups(records, mcc))).toEqual(new Set());
});

test("equal verdicts appear once, full data first", () => {
  const grouped = verdicts(correctedT, comparedGroups(records, mcc));
  expect(grouped[0].regimes).toBe("full");
  const same = { ...correctedT, needs: () => "same" };
  expect(verdicts(same, comparedGroups(records, mcc))).toEqual([{ regimes: "full, 2-shot", verdict: "same" }]);
});

test("a series is named by its backbone only where there are several", () => {
  expect([...seriesLabels(rows).values()]).toEqual(["LORA", "PROBE"]);
  const two = aggregate([makeRecord({}), makeRecord({ backbone: "Big" })]);
  expect([...seriesLabels(two).values()].sort()).toEqual(["LORA on Big", "LORA on Tiny"]);
});

test("predictions: wrong and certain first, filtered by wrongness and by cell", () => {
  const predictions = [0.9, 0.6, 0.2].map((p, i) => ({
    image: `i${i}`,
    patient: "p",
    truth: 0,
    probabilities: [1 - p, p],
  }));
  const record = makeRecord({ predictions });
  const all = predictionRows([record], { wrongOnly: false, cell: null });
  expect(all.map((r) => [r.image, r.right])).toEqual([
    ["i0", false],
    ["i1", false],
    ["i2", true],
  ]);
  expect(predictionRows([record], { wrongOnly: true, cell: null })).toHaveLength(2);
  expect(predictionRows([record], { wrongOnly: false, cell: { truth: "no", decision: "no" } })).toHaveLength(1);
});

test("a prediction as an image has its facts, and the patient only if the data have patients", () => {
  const prediction = { image: "a.png", patient: "p1", truth: 0, probabilities: [0.1, 0.9] };
  const record = makeRecord({ predictions: [prediction], fold: 1 });
  const [row] = predictionRows([record], { wrongOnly: false, cell: null });
  expect(predictionItem(row, record.dataset, "P(yes)")).toEqual({
    name: "a.png",
    note: "no → yes 0.90",
    facts: [
      ["File", "a.png"],
      ["Patient", "p1"],
      ["Truth", "no"],
      ["Decision", "yes (wrong)"],
      ["P(yes)", "0.900"],
      ["From", "fold 2, seed 0"],
    ],
  });
  const ungrouped = { ...record.dataset, grouping: "image" as const };
  expect(predictionItem(row, ungrouped, "P(yes)").facts.map(([label]) => label)).not.toContain("Patient");
});

test("probabilities are corrected for class weights, decisions are not, and an old record has scores", () => {
  const prediction = { image: "a.png", patient: "p1", truth: 0, probabilities: [0.4, 0.6] };
  const old = makeRecord({ predictions: [prediction] });
  const weighted = { ...old, trainCounts: { used: [30, 10], part: [30, 10] } };
  const even = { ...old, trainCounts: { used: [10, 10], part: [10, 10] } };
  const [row] = predictionRows([weighted], { wrongOnly: false, cell: null });
  // 0.6 · 1/4 to 0.4 · 3/4 are as 1 to 2.
  expect(row).toMatchObject({ decision: "yes", probability: expect.closeTo(1 / 3, 12) });
  expect(probabilityLabel([weighted])).toBe("P(yes)");
  expect(decisionNote([weighted])).toMatch(/decided as “yes” from P\(yes\) 0\.25 on, not from 0\.50/);
  expect(decisionNote([even])).toBeNull();
  expect(probabilityLabel([weighted, old])).toBe("Score(yes)");
  expect(decisionNote([weighted, old])).toMatch(/^The number is a score .* earlier version/);
  expect(predictionRows([old], { wrongOnly: false, cell: null })[0].probability).toBe(0.6);
});

test("the decision's probability is shown where there are several classes", () => {
  const counts = { used: [30, 10, 10], part: [30, 10, 10] };
  const record = { ...makeRecord({ classes: ["a", "b", "c"] }), trainCounts: counts };
  expect(probabilityLabel([record])).toBe("P(decision)");
  expect(decisionNote([record])).toMatch(/other weights than the data/);
});

test("records of one dataset can be chosen without any plan", async () => {
  const all = scopes([], records);
  expect(all).toEqual([{ id: "dataset:cd", label: "Chest", group: "All runs of a dataset" }]);
  expect(chosenScope(all, "gone", null)).toBe(all[0]);
  expect((await scopedRecords("dataset:cd", records, [], [], []))?.records).toHaveLength(15);
  expect(await scopedRecords("plan", records, [], [], [])).toBeNull();
});
