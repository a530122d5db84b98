/**
 * Whole imports into memory and into (fake) IndexedDB: reports, refusals, and what a failed import
 * leaves behind.
 */
import "./jpeg-node";
import "fake-indexeddb/auto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { createMemorySink, openStorage } from "../storage";
import { sortFiles } from "./folder";
import { importDataset } from "./import";
import { readFolder, readNamedFile } from "./node-folder";
import type { ImportRequest, NamedFile } from "./types";

/** A 4 × 3 grey PNG. Each shade gives different bytes. */
function png(shade: number): Uint8Array<ArrayBuffer> {
  const data = Uint8Array.from({ length: 12 }, (_, i) => (i * 20 + shade) % 256);
  return Uint8Array.from(encode({ width: 4, height: 3, data, channels: 1, depth: 8 }));
}

const file = (path: string, content: BlobPart): NamedFile => ({ path, file: new Blob([content]) });

function request(csv: string, files: NamedFile[], patient: string | undefined = "patient"): ImportRequest {
  return { name: "Test", files, labels: file("labels.csv", csv), columns: { image: "image", outcome: "icu", patient } };
}

const four = ["a", "b", "c", "d"].map((name, i) => file(`img/${name}.png`, png(i)));
const csv = "image,icu,patient\nd.png,Y,p2\nb.png,N,p1\na.png,Y,p1\nc,N,p2\n";

describe("a sound import", () => {
  test("gives rows, fingerprint and report, and hands the images on", async () => {
    const sink = createMemorySink();
    const progress: number[] = [];
    const { dataset, report } = await importDataset(request(csv, four), sink, (p) => progress.push(p.done));
    expect(dataset.classes).toEqual(["N", "Y"]);
    expect(dataset.images.map(({ name, label, patient }) => [name, label, patient])).toEqual([
      ["img/a.png", 1, "p1"],
      ["img/b.png", 0, "p1"],
      ["img/c.png", 0, "p2"],
      ["img/d.png", 1, "p2"],
    ]);
    expect(dataset.images[0]).toMatchObject({ width: 4, height: 3, bytes: png(0).length });
    expect(report).toMatchObject({
      rows: 4,
      files: 4,
      matched: 4,
      unmatchedRows: [],
      unmatchedFiles: [],
      unreadable: [],
    });
    expect(report.perClass).toEqual([
      { name: "N", images: 2, patients: 2 },
      { name: "Y", images: 2, patients: 2 },
    ]);
    expect(report.warnings.join()).toContain("2 patients have images of different outcomes: p1, p2.");
    expect(progress).toEqual([0, 1, 2, 3, 4]);
    expect(sink.source?.row).toBe(dataset);
    expect((await sink.source!.image("img/b.png")).size).toBe(png(1).length);
  });

  test("does not depend on the order of rows or files", async () => {
    const shuffled = "patient,image,icu\np1,a.png,Y\np2,c,N\np2,d.png,Y\np1,b.png,N\n";
    const first = await importDataset(request(csv, four), createMemorySink());
    const second = await importDataset(request(shuffled, [...four].reverse()), createMemorySink());
    expect(second.dataset.fingerprint).toBe(first.dataset.fingerprint);
    expect(second.dataset.id).toBe(first.dataset.id);
    const other = await importDataset(request(csv.replace("b.png,N,p1", "b.png,N,p3"), four), createMemorySink());
    expect(other.dataset.fingerprint).not.toBe(first.dataset.fingerprint);
  });

  test("without a patient column each image stands alone, and a warning says so", async () => {
    const { dataset, report } = await importDataset(
      { ...request(csv, four), columns: { image: "image", outcome: "icu" } },
      createMemorySink(),
    );
    expect(dataset.grouping).toBe("image");
    expect(dataset.images.map(({ patient }) => patient)).toEqual(dataset.images.map(({ name }) => name));
    expect(report.warnings.join()).toContain("image-level");
  });

  test.each([
    ["case", "P1", "p1"],
    ["number format", "10", "10.0"],
    ["leading zeros of numbers", "007", "7"],
  ])("ids that differ by %s are one patient, and the report says so", async (_name, one, same) => {
    const rows = `image,icu,patient\na,Y,${one}\nb,N,20\nc,Y,${same}\nd,N,20\na,Y,${same}\n`;
    const { dataset, report } = await importDataset(request(rows, four), createMemorySink());
    expect(dataset.images.map(({ patient }) => patient)).toEqual([one, "20", one, "20"]);
    const spellings = [
      { value: one, images: 1 },
      { value: same, images: 1 },
    ];
    expect(report.joinedPatients).toEqual([{ id: one, spellings }]);
    expect(report.warnings.join()).toContain("1 patient has more than one spelling");
    expect(report.matched, "the two rows of a.png say the same").toBe(4);
  });

  describe("without a patient column", () => {
    /** 16 images of 8 patients, named by patient and number. */
    const named = Array.from({ length: 16 }, (_, i) => file(`P${i >> 1}_${i % 2}.png`, png(i)));
    const rows = named.map(({ path }, i) => `${path},${(i >> 1) % 2},R${i >> 1}`).join("\n");
    const columns = { image: "image", outcome: "icu" };
    const importWith = (header: string, chosen: object) =>
      importDataset(
        { ...request(`${header}\n${rows}`, named), columns: { ...columns, ...chosen } },
        createMemorySink(),
      );

    test("what looks like the patients is named, and nothing is grouped by it", async () => {
      const { dataset, report } = await importWith("image,icu,record_id", {});
      expect(dataset.grouping).toBe("image");
      expect(report.warnings.join("\n")).toContain(
        'The column "record_id" looks like the patients (8 values, 2 images each). ' +
          'If it is, import again with it as the patient column; in a plan, add "patient": "record_id" to the columns.',
      );
      const byPath = await importWith("image,icu,age", {});
      expect(byPath.report.warnings.join("\n")).toContain('"patientFromPath": "first-number"');
    });

    test("a rule of paths groups the images", async () => {
      const { dataset, report } = await importWith("image,icu,age", { patientFromPath: "first-number" });
      expect(dataset.grouping).toBe("patient");
      expect(dataset.columns.patientFromPath).toBe("first-number");
      expect(dataset.images.map(({ patient }) => patient).slice(0, 3)).toEqual(["P0", "P0", "P1"]);
      expect(report.warnings.join("\n")).not.toContain("looks like");
    });

    test("the image column says that each patient has one image", async () => {
      const { dataset, report } = await importWith("image,icu,age", { patient: "image" });
      expect(dataset.grouping).toBe("patient");
      expect(new Set(dataset.images.map(({ patient }) => patient)).size).toBe(16);
      expect(report.warnings).toEqual([]);
    });
  });

  test("from a folder on disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "radapt-import-"));
    await mkdir(join(folder, "img/__MACOSX"), { recursive: true });
    await writeFile(join(folder, "labels.csv"), csv);
    await writeFile(join(folder, ".DS_Store"), "x");
    await writeFile(join(folder, "img/__MACOSX/a.png"), "x");
    for (const [i, name] of ["a", "b", "c", "d"].entries()) await writeFile(join(folder, `img/${name}.png`), png(i));
    const files = await readFolder(folder);
    expect(files.map(({ path }) => path)).toEqual(["img/a.png", "img/b.png", "img/c.png", "img/d.png", "labels.csv"]);
    const { images, tables, others } = await sortFiles(files);
    expect([images.length, tables.map(({ path }) => path), others]).toEqual([4, ["labels.csv"], []]);
    const labels = await readNamedFile(join(folder, "labels.csv"));
    const sink = createMemorySink();
    const onDisk = await importDataset({ ...request("", images), labels }, sink);
    const inMemory = await importDataset(request(csv, four), createMemorySink());
    expect(onDisk.dataset.fingerprint).toBe(inMemory.dataset.fingerprint);
    expect(new Uint8Array(await (await sink.source!.image("img/a.png")).arrayBuffer())).toEqual(png(0));
    await rm(folder, { recursive: true });
    await expect(readFolder(folder)).rejects.toMatchObject({ code: "folder.unreadable" });
  });
});

test("what does not fit is left out and listed", async () => {
  const files = [
    ...four,
    file("img/copy.png", png(0)),
    file("img/cut.png", png(9).subarray(0, 40)),
    file("img/unnamed.png", png(8)),
    file("x/twice.png", png(6)),
    file("y/twice.png", png(7)),
    file("img/blank.png", png(5)),
    file("img/torn.png", png(4)),
    file(".DS_Store", "x"),
  ];
  const names = ["copy,N,p3", "cut.png,N,p3", "gone.png,N,p3", "twice.png,N,p3", "blank.png,NA,p3"];
  const rows = `${csv}${[...names, "torn.png,Y,p3", "torn.png,N,p3", "a.png,Y,p1"].join("\n")}\n`;
  const { dataset, report } = await importDataset(request(rows, files), createMemorySink());
  expect(dataset.images.map(({ name }) => name)).toEqual([
    "img/a.png",
    "img/b.png",
    "img/c.png",
    "img/copy.png",
    "img/d.png",
  ]);
  expect(report).toMatchObject({ rows: 12, files: 11, matched: 5, duplicates: [["img/a.png", "img/copy.png"]] });
  expect(report.unreadable).toEqual([{ file: "img/cut.png", row: 7, reason: expect.stringContaining("IEND") }]);
  expect(report.unmatchedRows).toEqual([
    { file: "gone.png", row: 8, reason: "no file of this name was opened" },
    { file: "twice.png", row: 9, reason: expect.stringContaining("2 files alike") },
    { file: "img/torn.png", row: 11, reason: expect.stringContaining("rows 11, 12") },
  ]);
  expect(report.unmatchedFiles.map((issue) => issue.file)).toEqual(["img/unnamed.png", "x/twice.png", "y/twice.png"]);
  expect(report.missingOutcome).toEqual([{ file: "img/blank.png", row: 10, reason: "icu is NA" }]);
  const warnings = report.warnings.join("\n");
  expect(warnings).toContain("1 groups of identical images carry different outcomes.");
  expect(warnings).toContain("belong to different patients");
  expect(warnings).toContain("1 rows say the same");
});

describe("refusals", () => {
  const dicom = new Uint8Array(140);
  dicom.set(new TextEncoder().encode("DICM"), 128);
  const cases: [string, ImportRequest][] = [
    ["csv.no-match", request("image,icu,patient\nx.png,Y,a.png\ny.png,N,b.png\n", four)],
    ["csv.no-column", request("picture,icu,patient\na.png,Y,1\n", four)],
    ["outcome.one-class", request("image,icu,patient\na.png,Y,1\nb.png,Y,2\n", four)],
    ["outcome.missing", request("image,icu,patient\na.png,,1\nb.png,,2\n", four)],
    ["import.no-images", request(csv, [])],
    ["outcome.one-class", request(csv, [four[1], four[2], file("img/a.png", "no image"), file("img/d.png", "")])],
    [
      "import.unreadable",
      request(
        csv,
        ["a", "b"].map((name) => file(`${name}.dcm`, dicom)),
      ),
    ],
    ["outcome.positive", { ...request(csv, four), positive: "maybe" }],
  ];
  test.each(cases)("%s, and nothing is stored", async (code, wrong) => {
    const storage = await openStorage(`import-refusal-${code}`);
    await expect(importDataset(wrong, await storage.datasets.createSink())).rejects.toMatchObject({ code });
    expect(await storage.datasets.list()).toEqual([]);
    storage.close();
  });

  test("a wrong image column: the better one is named", async () => {
    await expect(importDataset(cases[0][1], createMemorySink())).rejects.toThrow(
      'Choose the column "patient": 2 of its 2 values name an opened file.',
    );
  });

  test("cancelled half-way, nothing is stored, and it can be done again", async () => {
    const storage = await openStorage("import-cancel");
    const abort = new AbortController();
    const stopAtTwo = ({ done }: { done: number }) => done === 2 && abort.abort();
    const cancelled = importDataset(request(csv, four), await storage.datasets.createSink(), stopAtTwo, abort.signal);
    await expect(cancelled).rejects.toMatchObject({ name: "AbortError" });
    expect(await storage.datasets.list()).toEqual([]);
    const { dataset } = await importDataset(request(csv, four), await storage.datasets.createSink());
    const blob = await storage.datasets.image(dataset.id, "img/d.png");
    expect([blob?.size, blob?.type]).toEqual([png(3).length, "image/png"]);
    storage.close();
  });
});
