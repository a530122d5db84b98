/**
 * Checks what names and contents say about files, and that the page and the command line decide
 * alike.
 */
import "../jpeg-node";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encode } from "fast-png";
import { beforeEach, describe, expect, test } from "vitest";
import { provideFakes, samplePreview } from "../../app/state/fakes";
import { importOpened, initialOpening, openFiles, openingStore, openLabels } from "../../app/state/opening";
import { planSchema } from "../../bench/plan";
import { loadDataset } from "../../cli/plan-inputs";
import { temporaryFolder } from "../../cli/testing";
import { createMemorySink } from "../../storage";
import { sortFiles } from "../folder";
import { importDataset } from "../import";
import { readFolder } from "../node-folder";
import { previewTable } from "../preview";
import { readTable } from "../table";
import type { DatasetRow, ImportReport, ImportRequest, NamedFile, TablePreview } from "../types";
import { csvFormat } from "./csv";
import { formats } from "./index";
import { jpegFormat } from "./jpeg";
import { pngFormat } from "./png";
import { createRegistry } from "./registry";

const fixtures = JSON.parse(readFileSync(new URL("../fixtures/images.json", import.meta.url), "utf8"));
const jpeg = Uint8Array.from(Buffer.from(fixtures.good["colour.jpg"].file, "base64"));
const utf8 = (text: string) => new TextEncoder().encode(text);
const file = (path: string, content: BlobPart = "x"): NamedFile => ({ path, file: new Blob([content]) });

/** A 4 × 3 grey PNG; each shade gives other bytes. */
function png(shade: number): Uint8Array<ArrayBuffer> {
  const data = Uint8Array.from({ length: 12 }, (_, i) => i * 20 + shade);
  return Uint8Array.from(encode({ width: 4, height: 3, data, channels: 1, depth: 8 }));
}

describe("names", () => {
  test.each([
    ["a.png", "image"],
    ["s/A.PNG", "image"],
    ["a.jpg", "image"],
    ["a.jpeg", "image"],
    ["a.jfif", "image"],
    ["a.jpe", "image"],
    ["a.pjpeg", "image"],
    ["t.csv", "table"],
    ["t.TSV", "table"],
    ["t.txt", "table"],
    ["a.dcm", "other"],
    ["png", "other"],
    ["Thumbs.db", "ignored"],
    ["s/.DS_Store", "ignored"],
    ["desktop.ini", "ignored"],
    ["__MACOSX/s/a.png", "ignored"],
    [".hidden/a.png", "ignored"],
    ["s/._a.png", "ignored"],
    ["./a.png", "image"],
  ])("%s is of kind %s", (path, kind) => {
    expect(formats.kindOf(path)).toBe(kind);
  });

  test("pickers and messages follow from the list", () => {
    const three = createRegistry([pngFormat, jpegFormat, csvFormat]);
    expect(three.labels("image")).toBe("PNG or JPEG");
    expect(three.labels("image", "table")).toBe("PNG, JPEG or CSV");
    expect(three.extensions("table")).toBe(".csv, .tsv, .tab or .txt");
    const accepted = three.accept("image", "table").split(",");
    expect(accepted).toEqual(expect.arrayContaining([".png", ".jfif", ".csv", ".txt", "image/jpeg", "text/csv"]));
    expect(three.accept("table")).not.toContain("png");
  });
});

test("an exported model's script takes the same image files", () => {
  const script = readFileSync(new URL("../../runner/interchange/predict.py", import.meta.url), "utf8");
  const suffixes = [...script.match(/^SUFFIXES = \((.*)\)$/m)![1].matchAll(/"\.(\w+)"/g)].map(([, suffix]) => suffix);
  expect(suffixes).toEqual([...formats.extensions("image").matchAll(/\.(\w+)/g)].map(([, extension]) => extension));
});

describe("contents", () => {
  test.each([
    ["a PNG", png(0), "png"],
    ["a JPEG", jpeg, "jpeg"],
    ["commas", utf8("image,icu\na.png,1\nb.png,0\n"), "csv"],
    ["semicolons", utf8("image;icu\na.png;1\n"), "csv"],
    ["tabs", utf8("image\ticu\r\na.png\t1\r\nb.png\t0\r\n"), "csv"],
    ["quoted values with commas and line breaks", utf8('image,note\na.png,"one, two,\nthree"\nb.png,x\n'), "csv"],
    ["Excel's hint", utf8("sep=;\r\nimage;icu\r\na.png;1\r\n"), "csv"],
    ["UTF-16", Uint8Array.of(0xff, 0xfe, ...[..."a,b\nc,d"].flatMap((c) => [c.charCodeAt(0), 0])), "csv"],
    ["prose", utf8("Images of the study, in order.\nThey were taken in 2020, 2021 and 2022,\nby us.\n"), undefined],
    ["one line", utf8("a, b, c"), undefined],
    ["a workbook", Uint8Array.of(0x50, 0x4b, 3, 4), undefined],
    ["nothing", new Uint8Array(0), undefined],
  ])("%s", (_name, bytes, id) => {
    expect(formats.sniff(bytes)?.id).toBe(id);
  });

  test("the first 4 KiB of a long table are enough", () => {
    const long = utf8(`image,icu\n${Array.from({ length: 2000 }, (_, i) => `${i}.png,${i % 2}`).join("\n")}`);
    expect(csvFormat.sniff(long.subarray(0, 4096))).toBe(true);
  });

  test("a table is read by content, whatever its extension; an image is no table", async () => {
    const rows = utf8("image,icu\na.png,1\nb.png,0\n");
    for (const name of ["t.txt", "t.dat", "t.png"])
      expect((await readTable(name, rows)).columns).toEqual(["image", "icu"]);
    await expect(readTable("t.csv", png(0))).rejects.toMatchObject({
      code: "csv.not-text",
      parts: { where: "t.csv", expected: "a CSV file", got: "a PNG image" },
    });
  });
});

describe("a folder with several texts", () => {
  test("a text that is no table is no table, and tables are ordered", async () => {
    const rows = "image,icu\na.png,1\nb.png,0\n";
    const sorted = await sortFiles([
      file("README.txt", "Nothing to see."),
      file("b.txt", rows),
      file("deep/c.csv", "broken"),
      file("c.csv", rows),
      file("b.tsv", rows),
      file("scan.dcm"),
      file("Thumbs.db"),
    ]);
    expect(sorted.tables.map(({ path }) => path)).toEqual(["c.csv", "deep/c.csv", "b.tsv", "b.txt"]);
    expect(sorted.others.map(({ path }) => path)).toEqual(["scan.dcm", "README.txt"]);
  });

  test("the page goes on with the table that names most images, says so, and lets a person choose", async () => {
    openingStore.setState(initialOpening);
    const matches: Record<string, number> = { "a.csv": 0, "b.csv": 2, "c.csv": 1 };
    provideFakes({
      previewTable: async ({ path }): Promise<TablePreview> => {
        if (path === "broken.csv") throw new Error("The table broken.csv has no rows.");
        return { ...samplePreview, rowCount: 3, matches: { file: matches[path] } };
      },
    });
    await openFiles([file("x.png"), file("y.png"), ...["a", "b", "c", "broken"].map((t) => file(`${t}.csv`))], "chest");
    const { labels, tables, tableReason, error } = openingStore.getState();
    expect([labels?.path, error]).toEqual(["b.csv", null]);
    expect(tableReason).toBe("b.csv was chosen from 4 tables: 2 of its 3 rows name an opened image.");
    await openLabels(tables[0]);
    expect(openingStore.getState()).toMatchObject({ labels: tables[0], tableReason: "" });
  });

  test("where no table can be read, the first one's error is shown", async () => {
    openingStore.setState(initialOpening);
    provideFakes({ previewTable: async ({ path }) => Promise.reject(new Error(`${path} has no rows.`)) });
    await openFiles([file("x.png"), file("a.csv"), file("b.csv")], "chest");
    expect(openingStore.getState()).toMatchObject({
      phase: "choosing",
      preview: null,
      error: { title: "a.csv has no rows." },
    });
  });
});

describe("page and command line", () => {
  const images: Record<string, Uint8Array<ArrayBuffer>> = {
    "img/a.png": png(0),
    "img/b.jfif": jpeg,
    "img/c.jpe": Uint8Array.from([...jpeg, 0]),
    // Its content is a PNG.
    "img/d.pjpeg": png(1),
    // Its extension is unknown; the table names it.
    "img/e.scan": png(2),
  };
  const rest = ["README.txt", "img/Thumbs.db", "img/desktop.ini", "img/.DS_Store", "__MACOSX/img/a.png"];
  const names = ["a.png", "b", "c.jpe", "d.pjpeg", "e.scan"];
  const rows = names.map((name, i) => `${name}\t${"YN"[i % 2]}\tp${i}`);
  const table = `image\ticu\tpatient\n${rows.join("\n")}\n`;
  const columns = { image: "image", outcome: "icu", patient: "patient" };
  let folder = "";

  beforeEach(() => {
    folder = temporaryFolder();
    for (const [path, content] of [
      ...Object.entries(images),
      ...rest.map((path) => [path, "Nothing to see."] as const),
      ["labels.txt", table] as const,
    ]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  });

  async function byPage(files: NamedFile[]): Promise<{ dataset: DatasetRow; report: ImportReport }> {
    openingStore.setState(initialOpening);
    let request: ImportRequest | undefined;
    provideFakes({
      previewTable: async (labels, paths) =>
        previewTable(labels.path, new Uint8Array(await labels.file.arrayBuffer()), paths),
      importDataset: (given) => importDataset((request = given), createMemorySink()),
    });
    await openFiles(files, "chest");
    expect(openingStore.getState()).toMatchObject({ columns, tables: [{ path: "labels.txt" }] });
    await importOpened();
    return importDataset(request!, createMemorySink());
  }

  async function byCommandLine(): Promise<{ dataset: DatasetRow; report: ImportReport }> {
    const plan = planSchema.parse({
      dataset: { images: ".", labels: "labels.txt", columns },
      backbones: [{ file: "net.onnx" }],
      methods: [{ id: "linear-probe" }],
    });
    const { dataset, report } = await loadDataset(plan, folder, () => {}, new AbortController().signal);
    return { dataset: dataset.row, report };
  }

  test("read the same images of a folder, by content", async () => {
    const walked = [...Object.keys(images), ...rest, "labels.txt"];
    const contents = walked.map((path) => file(path, readFileSync(join(folder, path))));
    const page = await byPage(contents);
    const commandLine = await byCommandLine();
    expect(commandLine.dataset.images).toEqual(page.dataset.images);
    expect(commandLine.report).toEqual(page.report);
    expect(page.dataset.images.map(({ name }) => name)).toEqual(Object.keys(images));
    expect(page.report).toMatchObject({ matched: 5, files: 4, unmatchedRows: [], unmatchedFiles: [], unreadable: [] });
  });

  test("pass over the same files", async () => {
    const walked = (await readFolder(folder)).map(({ path }) => path);
    expect(walked).toEqual(["README.txt", ...Object.keys(images), "labels.txt"].sort());
    await openFiles(
      rest.map((path) => file(path)),
      "chest",
    );
    expect(openingStore.getState().images).toEqual([]);
  });
});
