/**
 * Records become table rows and points of a learning curve; missing and undefined runs are counted.
 */
import { describe, expect, it } from "vitest";
import { aggregate } from "./aggregate";
import { groupRuns } from "./run-groups";
import { correctedInterval } from "./stats";
import { makeRecord } from "./testing";
import { versusShots } from "./versus-shots";

const folds = [0, 1, 2, 3, 4];
const mccOf = (fold: number, seed: number) => 0.3 + 0.05 * fold + 0.01 * seed;
const grid = (change: Parameters<typeof makeRecord>[0], seeds = [0, 1]) =>
  seeds.flatMap((seed) =>
    folds.map((fold) =>
      makeRecord({ ...change, fold, seed, metrics: { matthews_corrcoef: mccOf(fold, seed) }, msPerStep: fold }),
    ),
  );

describe("aggregate", () => {
  it("has one row per backbone, method and regime, cheap methods and few shots first, whatever the records' order", () => {
    const records = [
      ...grid({ method: "full", trainable: 1000 }),
      ...grid({ method: "linear-probe", trainable: 10 }),
      ...grid({ method: "linear-probe", trainable: 10, regime: { shots: 16 } }),
      ...grid({ method: "linear-probe", trainable: 10, regime: { shots: 4 } }),
    ];
    const rows = aggregate(records);
    expect(rows.map((row) => [row.method, row.regimeLabel])).toEqual([
      ["LINEAR-PROBE", "4-shot"],
      ["LINEAR-PROBE", "16-shot"],
      ["LINEAR-PROBE", "full"],
      ["FULL", "full"],
    ]);
    expect(aggregate([...records].reverse())).toEqual(rows);
    expect(rows[2]).toMatchObject({ n: 10, missing: [], trainableParameters: 10, msPerStep: 2, wallMs: 2000 });
    expect(rows[2].prevalence).toEqual([0.75, 0.25]);
  });

  it("averages seeds within a part, corrects intervals and counts undefined parts", () => {
    const records = grid({});
    records[3].metrics.matthews_corrcoef = null;
    const { matthews_corrcoef: mcc, roc_auc } = aggregate(records)[0].metrics;
    const values = folds.map((fold) => (fold === 3 ? mccOf(3, 1) : (mccOf(fold, 0) + mccOf(fold, 1)) / 2));
    expect(mcc).toEqual({ ...correctedInterval(values, { testOverTrain: 20 / 60 }), undefinedParts: 0 });
    expect(roc_auc).toMatchObject({ n: 0, undefinedParts: 5, mean: Number.NaN });
  });

  it("counts a run once and names the missing ones", () => {
    const records = [...grid({ method: "a" }), ...grid({ method: "b" }, [0]), makeRecord({ method: "b" })];
    const [a, b] = aggregate([...records, makeRecord({ method: "b", splitSeed: 43 })]);
    expect([a.n, a.parts, a.repeats]).toEqual([10, 5, 1]);
    expect([b.n, b.parts, b.repeats]).toEqual([6, 6, 2]);
    expect(b.missing).toEqual([1, 2, 3, 4].map((fold) => ({ splitSeed: 43, part: String(fold), seed: 0 })));
  });

  it("takes the plan's word on what is missing, down to methods without any record", () => {
    const planned = [...grid({ method: "a" }, [0]), ...grid({ method: "c" }, [0])];
    const rows = aggregate(grid({ method: "a" }, [0]).slice(0, 4), { planned });
    expect(rows.map((row) => [row.method, row.n, row.missing.length])).toEqual([
      ["A", 4, 1],
      ["C", 0, 5],
    ]);
    expect(rows[1].trainableParameters).toBeNaN();
  });

  it("counts records that were stored before there was some setting among the runs of today", () => {
    const planned = grid({ method: "a" }, [0]);
    const stored = structuredClone(planned);
    for (const { config } of stored) delete (config.training as { loss?: string }).loss;
    expect(aggregate(stored, { planned }).map(({ n, missing }) => [n, missing])).toEqual([[5, []]]);
  });

  it("has no time per step where nothing was trained", () => {
    const records = grid({ msPerStep: 0 }).map((record) => ({ ...record, steps: 0 }));
    expect(aggregate(records)[0].msPerStep).toBeNaN();
  });

  it("tells apart series that share their labels by what differs", () => {
    const records = [...grid({ methodConfig: { r: 4 } }), ...grid({ methodConfig: { r: 8 } })];
    records[0].config.training.lr = 0.5;
    const labels = groupRuns(records).map((group) => group.labels.method);
    expect(labels).toEqual(["LORA (r 4, lr 0.001)", "LORA (r 4, lr 0.5)", "LORA (r 8, lr 0.001)"]);
  });
});

describe("versusShots", () => {
  it("gives points of a line in order of shots, with the runs behind them", () => {
    const records = [...grid({}), ...grid({ regime: { shots: 8 } }), ...grid({ regime: { shots: 2 } })];
    const points = versusShots(records, "matthews_corrcoef");
    expect(points.map((point) => [point.shots, point.imagesPerClass])).toEqual([
      [2, 2],
      [8, 8],
      [null, 30],
    ]);
    expect(new Set(points.map((point) => point.series)).size).toBe(1);
    expect(points[0].n).toBe(5);
    expect(points[0].runs[6]).toMatchObject({ splitSeed: 42, part: "1", seed: 1, value: mccOf(1, 1) });
    expect(points[0].low).toBeLessThan(points[0].mean);
  });
});
