/** The CSV holds every prediction in full precision, and the JSON gives the records back. */
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { predictionsCsv, recordsJson } from "./export";
import { makeRecord } from "./testing";

const predictions = [
  { image: 'a, "1".png', patient: "p1", truth: 0, probabilities: [0.5, 0.5] },
  { image: "b.png", patient: "p2", truth: 1, probabilities: [1 / 3, 2 / 3] },
];

describe("predictionsCsv", () => {
  it("holds every prediction, readable by a CSV parser and in full precision", () => {
    const record = makeRecord({ fold: 2, seed: 7, regime: { shots: 8 }, predictions });
    const { data, errors } = Papa.parse<Record<string, string>>(predictionsCsv([record]).trimEnd(), { header: true });
    expect(errors).toEqual([]);
    expect(data[0]).toMatchObject({ image: 'a, "1".png', truth: "no", prediction: "no", probability: "0.5" });
    expect(data[1]).toEqual({
      image: "b.png",
      patient: "p2",
      fold: "2",
      seed: "7",
      method: "lora",
      label: "LORA",
      backbone: "Tiny",
      regime: "8-shot",
      truth: "yes",
      prediction: "yes",
      probability: String(2 / 3),
      "p:no": String(1 / 3),
      "p:yes": String(2 / 3),
      run: record.id,
    });
  });

  it("gives each class a column, empty where a record has no such class", () => {
    const three = [{ image: "c.png", patient: "p", truth: 2, probabilities: [0.2, 0.5, 0.3] }];
    const records = [makeRecord({ predictions }), makeRecord({ predictions: three, classes: ["x", "y", "z"] })];
    const lines = predictionsCsv(records).split("\n");
    expect(lines[0]).toContain("probability,p:no,p:yes,p:x,p:y,p:z,run");
    expect(lines[3]).toContain("z,y,0.5,,,0.2,0.5,0.3,");
  });
});

describe("recordsJson", () => {
  it("is JSON that gives the records back", () => {
    const records = [makeRecord({ predictions }), makeRecord({ metrics: { roc_auc: null } })];
    expect(JSON.parse(recordsJson(records))).toEqual({ format: "radapt-results", version: 1, records });
    expect(JSON.parse(recordsJson([])).records).toEqual([]);
  });
});
