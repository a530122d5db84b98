/**
 * A folder of results that a version before split protocols wrote is gone on with: nothing is
 * computed twice.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrateRecord } from "../bench/migrate-record";
import { before } from "../bench/testing";
import { trainingSchema } from "../bench/training";
import { run } from "../cli";
import { capturePrinted, writeStudy } from "./testing";

const printed = capturePrinted();

/** The study with the plan file of then, and records of then in its folder of results. */
function resultsOfThen(records: typeof before.records): { plan: string; out: string } {
  const dir = writeStudy();
  const [plan, out] = [join(dir, "plan.json"), join(dir, "out")];
  writeFileSync(plan, JSON.stringify(before.planFile));
  mkdirSync(join(out, "records"), { recursive: true });
  for (const record of records) writeFileSync(join(out, "records", `${record.id}.json`), JSON.stringify(record));
  return { plan, out };
}

const resultsIn = (out: string) => JSON.parse(readFileSync(join(out, "results.json"), "utf8"));

test("every record of then counts as finished, and its results are those of then", async () => {
  const { plan, out } = resultsOfThen(before.records);
  expect(await run(["run", plan, "--out", out, "--device", "cpu"])).toBe(0);
  expect(printed.err).toMatch(/12 runs, 12 of them finished before/);
  const results = resultsIn(out);
  expect(results.records).toEqual(before.records.map(migrateRecord));
  // Settings that came since stand at their defaults.
  const training = { ...trainingSchema.parse({}), ...before.storedPlan.training };
  expect(results.plan).toEqual({ ...before.storedPlan, repeats: 1, training });
});

test("only the missing runs are computed, under the ids of then and with its predictions", async () => {
  const { plan, out } = resultsOfThen(before.records.slice(0, 9));
  expect(await run(["run", plan, "--out", out, "--device", "cpu"])).toBe(0);
  expect(printed.err).toMatch(/12 runs, 9 of them finished before/);
  expect(readdirSync(join(out, "records")).sort()).toEqual(before.records.map(({ id }) => `${id}.json`).sort());
  const { records } = resultsIn(out);
  for (const [i, { predictions, split }] of before.records.entries()) {
    expect(records[i].split).toEqual(split);
    expect(records[i].predictions).toEqual(predictions);
  }
});
