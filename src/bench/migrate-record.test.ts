/**
 * What a version before split protocols computed from its records is computed from them still. The
 * fixture was made by `radapt run plan.json --device cpu --save-adapters` at commit caed3c5, on the
 * study of src/cli/testing.ts; its comparisons and missing runs are those of the first nine
 * records.
 */
import { expect, test } from "vitest";
import { sha256Hex } from "../base";
import { aggregate } from "./aggregate";
import { runId } from "./expand";
import { predictionsCsv } from "./export";
import { flatOfSplit, migrateRecord, SCHEMA_1_PROTOCOL, splitOfFlat } from "./migrate-record";
import { pooledBootstrap } from "./pooled-bootstrap";
import { stratifiedGroupKFold } from "./protocols";
import { groupRuns } from "./run-groups";
import { splitRun } from "./split";
import { before, makeRecord } from "./testing";

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

/**
 * The CSV with an old record's scores in the columns that called them probabilities, as then. No
 * field of the fixture needs quotes.
 */
function namedProbabilities(csv: string): string {
  const [head, ...lines] = csv.trimEnd().split("\n");
  expect(head).toMatch(/,prediction,probability,p:no,p:yes,score:no,score:yes,run$/);
  const restored = lines.map((line) => {
    const fields = line.split(",");
    expect(fields.splice(10, 3)).toEqual(["", "", ""]);
    return fields.toSpliced(10, 0, fields[11]).join(",");
  });
  return `${[head.replace(",score:no,score:yes", ""), ...restored].join("\n")}\n`;
}

test("tables keep their rows, means and costs, and the CSV is the same to the last bit", async () => {
  const rows = aggregate(records).map(
    ({ key, series, metrics, parts, plannedParts, repeats, missing, validationImages, images, pooledCounts, ...row }) =>
      row,
  );
  expect(json(rows)).toEqual(before.aggregate.map(({ metrics, missing, ...row }) => row));
  const oneSeed = records.filter(({ config }) => config.seed === 0);
  const meanOf = (record: (typeof records)[number]) => aggregate([record])[0].metrics.brier.mean;
  expect(oneSeed.map(meanOf)).toEqual(oneSeed.map(({ metrics }) => metrics.brier));
  const bootstrap = pooledBootstrap(groupRuns(records)[0].records, "brier", { seed: 3, resamples: 1000 });
  expect(bootstrap).toEqual(before.bootstrap);
  expect(await sha256Hex(namedProbabilities(predictionsCsv(records)))).toBe(before.predictionsCsvSha256);
});

test("runs that are still missing name partition and part", () => {
  const [{ missing }] = groupRuns(nine.filter(({ config }) => config.split.part !== "1" || config.seed !== 0));
  for (const run of missing) expect(run).toEqual({ splitSeed: 42, part: expect.any(String), seed: expect.any(Number) });
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
