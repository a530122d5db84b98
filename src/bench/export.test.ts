/** The CSV holds every prediction in full precision, and the JSON gives the records back. */
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { predictionsCsv, recordsJson } from "./export";
import { makeRecord } from "./testing";

const predictions = [
  { image: 'a, "1".png', patient: "p1", truth: 0, probabilities: [0.5, 0.5] },
  { image: "b.png", patient: "p2", truth: 1, probabilities: [1 / 3, 2 / 3] },
];

const evenCounts = (classes: number) => {
  const counts = new Array<number>(classes).fill(6);
  return { trainCounts: { used: counts, part: counts } };
};

describe("predictionsCsv", () => {
  it("holds every prediction, readable by a CSV parser and in full precision", () => {
    const record = { ...makeRecord({ fold: 2, seed: 7, regime: { shots: 8 }, predictions }), ...evenCounts(2) };
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
      "score:no": String(1 / 3),
      "score:yes": String(2 / 3),
      run: record.id,
    });
  });

  it("gives each class a column, empty where a record has no such class", () => {
    const three = [{ image: "c.png", patient: "p", truth: 2, probabilities: [0.2, 0.5, 0.3] }];
    const records = [
      { ...makeRecord({ predictions }), ...evenCounts(2) },
      { ...makeRecord({ predictions: three, classes: ["x", "y", "z"] }), ...evenCounts(3) },
    ];
    const lines = predictionsCsv(records).split("\n");
    expect(lines[0]).toContain("probability,p:no,p:yes,p:x,p:y,p:z,score:no,score:yes,score:x,score:y,score:z,run");
    expect(lines[3]).toContain("z,y,0.5,,,0.2,0.5,0.3,,,0.2,0.5,0.3,");
  });

  it("corrects probabilities for class weights, and decides by the scores", () => {
    const record = { ...makeRecord({ predictions }), trainCounts: { used: [30, 10], part: [30, 10] } };
    const { data } = Papa.parse<Record<string, string>>(predictionsCsv([record]).trimEnd(), { header: true });
    // 2/3 with weights that make the classes as frequent as each other: 2 · 1/4 to 1 · 3/4.
    expect(Number(data[1]["p:yes"])).toBeCloseTo(0.4, 12);
    expect(data[1]).toMatchObject({ prediction: "yes", probability: data[1]["p:yes"], "score:yes": String(2 / 3) });
  });

  it("gives scores alone where they cannot be corrected", () => {
    const { data } = Papa.parse<Record<string, string>>(predictionsCsv([makeRecord({ predictions })]).trimEnd(), {
      header: true,
    });
    expect(data[1]).toMatchObject({ probability: "", "p:no": "", "p:yes": "", "score:yes": String(2 / 3) });
  });
});

describe("recordsJson", () => {
  it("is JSON that gives the records back", () => {
    const records = [makeRecord({ predictions }), makeRecord({ metrics: { roc_auc: null } })];
    expect(JSON.parse(recordsJson(records))).toEqual({ format: "radapt-results", version: 1, records });
    expect(JSON.parse(recordsJson([])).records).toEqual([]);
  });
});
