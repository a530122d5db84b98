/**
 * What a version before split protocols computed from its records is computed from them still. The
 * fixture was made by `radapt run plan.json --device cpu --save-adapters` at commit caed3c5, on the
 * study of src/cli/testing.ts; its comparisons and missing runs are those of the first nine
 * records.
 */
import { expect, test } from "vitest";
import { sha256Hex } from "../base";
import { aggregate } from "./aggregate";
import { comparedGroups, correctedT, verdictOf } from "./comparisons";
import { runId } from "./expand";
import { predictionsCsv } from "./export";
import { flatOfSplit, migrateRecord, SCHEMA_1_PROTOCOL, splitOfFlat } from "./migrate-record";
import { pooledBootstrap } from "./pooled-bootstrap";
import { stratifiedGroupKFold } from "./protocols";
import { groupRuns } from "./run-groups";
import { splitRun } from "./split";
import { before, makeRecord } from "./testing";
import { versusShots } from "./versus-shots";

const records = before.records.map(migrateRecord);
const nine = records.slice(0, 9);
/** As JSON holds it: NaN becomes null. */
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a record of schema 1 takes today's shape, and one of today stays as it is", () => {
  const [old] = before.records;
  const { config, ...facts } = records[0];
  expect(config.split).toEqual({ protocol: "stratified-group-k-fold", folds: 3, splitSeed: 42, part: "0" });
  expect(Object.keys(config)).not.toContain("fold");
  expect({ ...facts, schema: 1 }).toEqual({ ...old, config: undefined });
  expect(migrateRecord(records[0])).toBe(records[0]);
});

test("a migrated record's id is that of its configuration: a plan that was half done goes on", async () => {
  for (const { id, config } of records) expect(await runId(config)).toBe(id);
});

test("the same images are tested", () => {
  const [{ config, split, predictions }] = records;
  const images = records
    .flatMap((record) => record.predictions)
    .map(({ image, patient, truth }) => ({ name: image, patient, label: truth }));
  const once = [...new Map(images.map((image) => [image.name, image])).values()];
  expect(splitRun({ images: once, classes: ["no", "yes"] }, config)).toEqual(split);
  expect(predictions.map(({ image }) => image)).toEqual(split.test);
});

test("tables, comparisons, intervals and the CSV are the same to the last bit", async () => {
  const rows = aggregate(records).map(({ key, series, ...row }) => row);
  expect(json(rows)).toEqual(before.aggregate);
  const compared = ["brier", "log_loss"].flatMap((metric) => comparedGroups(nine, metric));
  const tables = compared.map(({ groups, level, ...about }) => {
    const { rows, decisive } = correctedT.compute({ groups, level, ...about });
    const verdict = verdictOf(correctedT, { groups, level, ...about });
    const named = rows.map((row) => ({ ...row, a: row.a.name, b: row.b.name }));
    return { ...about, metric: about.metric.id, rows: named, decisive, verdict };
  });
  expect(json(tables)).toEqual(before.comparisons);
  const bootstrap = pooledBootstrap(groupRuns(records)[0].records, "brier", { seed: 3, resamples: 1000 });
  expect(bootstrap).toEqual(before.bootstrap);
  expect(await sha256Hex(predictionsCsv(records))).toBe(before.predictionsCsvSha256);
});

test("missing runs and points over shots name the part in place of the fold", () => {
  const named = <T extends { fold: number }>({ fold, ...rest }: T) => ({ ...rest, part: String(fold) });
  const missing = groupRuns(nine).map(({ labels, regimeLabel, missing }) => ({ labels, regimeLabel, missing }));
  expect(missing).toEqual(before.missing.map((group) => ({ ...group, missing: group.missing.map(named) })));
  const points = versusShots(records, "brier").map(({ series, ...point }) => point);
  expect(json(points)).toEqual(before.shots.map((point) => ({ ...point, runs: point.runs.map(named) })));
});

test("a split of another protocol has no flat form, and a setting that comes later enters the id", async () => {
  const { split } = makeRecord({}).config;
  expect(splitOfFlat({ folds: 5, splitSeed: 42, fold: 0 })).toEqual(split);
  expect(flatOfSplit(split)).toEqual({ folds: 5, splitSeed: 42, fold: 0 });
  expect(flatOfSplit({ ...split, protocol: "another" })).toBeNull();
  const { config } = makeRecord({});
  expect(await runId({ ...config, split: { ...split, later: true } })).not.toBe(await runId(config));
});

test("records of schema 1 name the k-fold protocol", () => {
  expect(SCHEMA_1_PROTOCOL).toBe(stratifiedGroupKFold.id);
});
