/** Tests the corrected resampled t-test: who beats whom, the sentences, and which runs pair. */
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import type { RunRecord } from "../record";
import { mean, pairedDifference } from "../stats";
import { makeRecord } from "../testing";
import { comparedGroups, correctedT, pairFigures, verdictOf } from "./index";

/** The tables of all splits and regimes, each with its verdict. */
const compare = (records: readonly RunRecord[], metric: string) =>
  comparedGroups(records, metric, { primary: { metric, equivalence: 0.05 } }).map((compared) => ({
    ...correctedT.compute(compared),
    verdict: verdictOf(correctedT, compared),
  }));

const prng = createPrng(0, "pairwise-test");
const noise = Array.from({ length: 3 }, () => Array.from({ length: 5 }, () => 0.1 * prng.normal()));
const runs = (method: string, level: number, spread: number, change: Parameters<typeof makeRecord>[0] = {}) =>
  [0, 1, 2].flatMap((seed) =>
    [0, 1, 2, 3, 4].map((fold) => {
      const value = level + noise[seed][fold] + spread * prng.normal();
      return makeRecord({ method, fold, seed, metrics: { matthews_corrcoef: value, brier: value }, ...change });
    }),
  );

describe("correctedT", () => {
  const probe = runs("probe", 0.3, 0.01, { trainable: 1 });
  const lora = runs("lora", 0.5, 0.01, { trainable: 2 });
  const full = runs("full", 0.5, 0.05, { trainable: 3 });

  it("says who beats whom, and which intervals leave it open", () => {
    const [table] = compare([...full, ...lora, ...probe], "matthews_corrcoef");
    expect(table.rows.map((row) => [row.a.name, row.b.name, row.better])).toEqual([
      ["PROBE", "LORA", "b"],
      ["PROBE", "FULL", "b"],
      ["LORA", "FULL", null],
    ]);
    expect(table.decisive).toBe(true);
    expect(table.verdict).toMatch(
      /^MCC is higher with LORA than with PROBE \(\+0\.\d{3}, 95 % interval \+0\.\d{3} to \+0\.\d{3}, p /,
    );
    expect(table.verdict).toContain("Between the other pair no difference is shown.");
    expect(table.verdict).toContain("All this after correction for 3 comparisons (Holm).");
    expect(table.rows[0].pHolm).toBeGreaterThanOrEqual(table.rows[0].p);
  });

  it("turns the winner round where lower is better", () => {
    const [table] = compare([...probe, ...lora], "brier");
    expect(table.rows[0].better).toBe("a");
    expect(table.verdict).toMatch(
      /^Brier score is lower with PROBE than with LORA \(−0\.\d{3}, 95 % interval −0\.\d{3} to −0\.\d{3}, p /,
    );
  });

  it("says plainly when nothing is decided", () => {
    const even = [runs("a", 0.4, 0.1), runs("b", 0.4, 0.1), runs("c", 0.4, 0.1)].flat();
    const [table] = compare(even, "matthews_corrcoef");
    expect(table.decisive).toBe(false);
    expect(table.verdict).toMatch(
      /^No difference between any of 3 pairs is shown\. That is no proof of equality: .* about 0\.\d\d to be found in 4 of 5 /,
    );
  });

  it("pairs the parts that both have, with the mean of the seeds that each has", () => {
    const partial = lora.filter(({ config }) => config.seed === 1 && config.split.part !== "2");
    const [{ rows }] = compare([...probe, ...[...partial].reverse()], "matthews_corrcoef");
    const value = (records: typeof lora, fold: number) =>
      mean(
        records
          .filter(({ config }) => config.split.part === String(fold))
          .map(({ metrics }) => metrics.matthews_corrcoef!),
      );
    const shared = [0, 1, 3, 4];
    const expected = pairedDifference(
      shared.map((fold) => value(probe, fold)),
      shared.map((fold) => value(partial, fold)),
      { testOverTrain: 1 / 3 },
    );
    expect(rows[0]).toMatchObject({ n: 4, mean: expected.mean, p: expected.p });
  });

  it("never compares other splits, other regimes or too little", () => {
    const other = structuredClone(lora);
    for (const { config } of other) config.split = { ...config.split, folds: 4 };
    expect(compare([...probe, ...other], "matthews_corrcoef").map((table) => table.rows.length)).toEqual([0, 0]);
    for (const record of other) record.config.split = { ...probe[0].config.split, splitSeed: 7 };
    expect(compare([...probe, ...other], "matthews_corrcoef")[0].verdict).toContain("No two methods share two folds");
    const few = runs("lora", 0.5, 0.01, { regime: { shots: 2 } });
    const tables = compare([...probe, ...few], "matthews_corrcoef");
    expect(tables.every((table) => table.verdict.includes("one method only"))).toBe(true);
    const [{ verdict }] = compare([probe[0], lora[0]], "matthews_corrcoef");
    expect(verdict).toContain("no difference can be judged");
  });

  it("accounts for every amount of training data that is compared", () => {
    const few = { regime: { shots: 8 } };
    const both = [...probe, ...lora, ...runs("probe", 0.3, 0.1, few), ...runs("lora", 0.3, 0.1, few)];
    const [, full] = comparedGroups(both, "matthews_corrcoef");
    const [alone] = comparedGroups([...probe, ...lora], "matthews_corrcoef");
    expect([full.regimeLabel, full.tables, alone.tables]).toEqual(["full", 2, 1]);
    const [row] = correctedT.compute(full).rows;
    expect(row.pHolm).toBe(2 * correctedT.compute(alone).rows[0].pHolm);
    expect(verdictOf(correctedT, full)).toContain("All this after correction for 2 comparisons (Holm).");
  });

  it("judges nothing before every run is there", () => {
    const [compared] = comparedGroups([...probe, ...lora].slice(1), "matthews_corrcoef");
    expect(verdictOf(correctedT, compared)).toMatch(/^Preliminary: 29 of 30 runs are there\./);
  });

  it("takes several seeds of one part for no more evidence than one", () => {
    const [once] = comparedGroups(
      [...probe, ...lora].filter(({ config }) => config.seed === 0),
      "matthews_corrcoef",
    );
    const again = [...probe, ...lora].flatMap((record) =>
      record.config.seed > 0 ? [] : [0, 1, 2].map((seed) => ({ ...record, config: { ...record.config, seed } })),
    );
    const [copied] = comparedGroups(again, "matthews_corrcoef");
    expect(correctedT.compute(copied).rows[0].p).toBeCloseTo(correctedT.compute(once).rows[0].p, 12);
  });

  it("calls differences in a metric exploratory that no plan fixed before", () => {
    const [loose] = comparedGroups([...probe, ...lora], "brier");
    expect(verdictOf(correctedT, loose)).toMatch(
      /^Exploratory: Brier score was not fixed before the start as what decides\. Brier score is lower with PROBE/,
    );
    const primary = { metric: "matthews_corrcoef", equivalence: 0.05 };
    const [other] = comparedGroups([...probe, ...lora], "brier", { primary });
    expect(verdictOf(correctedT, other)).toContain("as what decides: the plan fixed MCC. Brier score is lower");
  });

  it("judges only the pairs with the plan's reference, on the same backbone", () => {
    const big = [...runs("probe", 0.3, 0.01, { backbone: "Big" }), ...runs("lora", 0.5, 0.01, { backbone: "Big" })];
    const records = [...probe, ...lora, ...full, ...big];
    const planned = records.map(({ config, labels }) => ({
      config,
      labels,
      ...(config.method.id === "probe" && { isReference: true as const }),
    }));
    const [compared] = comparedGroups(records, "matthews_corrcoef", { planned });
    const { rows } = correctedT.compute(compared);
    expect(rows.map(({ a, b }) => [a.name, b.name])).toEqual([
      ["LORA on Big", "PROBE on Big"],
      ["LORA on Tiny", "PROBE on Tiny"],
      ["FULL on Tiny", "PROBE on Tiny"],
    ]);
    expect(Math.max(...rows.map(({ p, pHolm }) => pHolm / p))).toBeCloseTo(3, 6);
  });

  it("says that equal differences are no evidence", () => {
    const shifted = probe.map((record) => ({
      ...record,
      config: { ...record.config, method: { id: "shifted", config: {} } },
      metrics: { matthews_corrcoef: record.metrics.matthews_corrcoef! + 0.25 },
    }));
    const [compared] = comparedGroups([...probe, ...shifted], "matthews_corrcoef");
    expect(verdictOf(correctedT, compared)).toMatch(/^Every difference is the same in all parts/);
    expect(pairFigures(compared)[0].p).toBeNaN();
  });

  it("gives no judgement of a pair to a file before every run is there", () => {
    const [{ p, adjustedP, better, missingRuns }] = pairFigures(
      comparedGroups([...probe, ...lora].slice(1), "matthews_corrcoef")[0],
    );
    expect([p, adjustedP, better, missingRuns]).toEqual([Number.NaN, Number.NaN, Number.NaN, 1]);
  });

  it("names the backbone where there are several", () => {
    const big = runs("probe", 0.3, 0.01, { backbone: "Big" });
    const [{ rows }] = compare([...probe, ...big], "matthews_corrcoef");
    expect(rows[0].a.name).toBe("PROBE on Big");
  });
});
