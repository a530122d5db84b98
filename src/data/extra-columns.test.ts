/** The columns beside image, outcome and patient: read, suggested, outside the fingerprint. */
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { createMemorySink } from "../storage";
import { splitSideOf, suggestExtraColumns } from "./extra-columns";
import { importDataset } from "./import";
import { previewTable } from "./preview";
import type { ExtraColumns, NamedFile } from "./types";

const file = (path: string, content: BlobPart): NamedFile => ({ path, file: new Blob([content]) });
const png = (shade: number) =>
  Uint8Array.from(encode({ width: 4, height: 3, data: new Uint8Array(12).map((_, i) => i * 20 + shade), channels: 1 }));
const images = ["a", "b", "c", "d"].map((name, i) => file(`${name}.png`, png(i)));

const csv = [
  "image,icu,patient,Hospital Site,split,sex",
  "a.png,Y,p1,North,Training set,f",
  "b.png,N,p1,north ,train,",
  "c.png,Y,p2,South,TEST,m",
  "d.png,N,p2,,other,m",
].join("\n");

const importWith = async (extra: ExtraColumns, table = csv) => {
  const columns = { image: "image", outcome: "icu", patient: "patient", ...extra };
  const request = { name: "Test", files: images, labels: file("labels.csv", table), columns };
  return (await importDataset(request, createMemorySink())).dataset;
};
const all: ExtraColumns = { centre: "Hospital Site", split: "split", kept: ["sex"] };

describe("an import", () => {
  test("stores the columns' values with the images, and says what they lack", async () => {
    const dataset = await importWith(all);
    expect(dataset.images.map(({ centre, split, columns }) => [centre, split, columns])).toEqual([
      ["North", "train", { sex: "f" }],
      ["North", "train", undefined],
      ["South", "test", { sex: "m" }],
      [undefined, undefined, { sex: "m" }],
    ]);
    expect(dataset.columns).toMatchObject(all);
    expect(dataset.report.warnings).toContain("1 image has no Hospital Site: a split by centre refuses the dataset.");
    expect(dataset.report.warnings.join()).toMatch(/1 image has no word for training, validation or test in split/);
  });

  test("keeps fingerprint and id with and without the columns; their hashes tell them apart", async () => {
    const [plain, extended] = [await importWith({}), await importWith(all)];
    expect([plain.fingerprint, plain.id]).toEqual([
      "8af043547317e3db82fcc672bdcf3121a02fafe7be7b9c622dd46bbc285144ae",
      "057dba8ff19c5d2a14da",
    ]);
    expect([extended.fingerprint, extended.id]).toEqual([plain.fingerprint, plain.id]);
    expect(plain).not.toHaveProperty("columnHashes");
    expect(plain.images[0]).not.toHaveProperty("centre");
    expect(Object.keys(extended.columnHashes ?? {})).toEqual(["centre", "split"]);
    const moved = await importWith(all, csv.replace("p2,South", "p2,North"));
    expect(moved.columnHashes?.centre).not.toBe(extended.columnHashes?.centre);
    expect(moved.columnHashes?.split).toBe(extended.columnHashes?.split);
  });

  test("leaves out an image whose rows place it in two centres", async () => {
    const { report } = await importWith(all, `${csv}\na.png,Y,p1,South,train,f`);
    expect(report.unmatchedRows[0].reason).toMatch(/different outcomes, patients, centres or splits/);
  });

  test("refuses a column that the table lacks", async () => {
    await expect(importWith({ centre: "clinic" })).rejects.toMatchObject({ code: "csv.no-column" });
  });
});

test.each([
  ["train", ["train", "Training", "TRAIN_SET", "training-set", "tr"]],
  ["val", ["val", "Valid", "validation", "dev", "tuning"]],
  ["test", ["test", "Testing", "test set", "held-out", "hold-out", "eval"]],
  [undefined, ["", "other", "1", "unlabelled", "extra", "various", "development"]],
] as const)("%s is meant by %j", (side, values) => {
  for (const value of values) expect(splitSideOf(value), value).toBe(side);
});

test("a preview suggests the columns by name and values", async () => {
  const [head, ...rows] = csv.replace("other", "val").split("\n");
  const table = new TextEncoder().encode([head, ...rows, ...rows, ...rows].join("\n"));
  expect((await previewTable("labels.csv", table, ["a.png"])).extra).toEqual(all);
  const column = (name: string, ...values: string[]) => ({
    name,
    counts: values.map((value) => ({ value })),
    present: 10,
  });
  expect(suggestExtraColumns([column("split", "1", "2"), column("website", "x", "y"), column("sex", "f")])).toEqual({});
  expect(suggestExtraColumns([column("siteID", "x", "y"), column("viewPosition", "PA", "AP")])).toEqual({
    centre: "siteID",
    kept: ["viewPosition"],
  });
});
