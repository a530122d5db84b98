/**
 * Checks the parser of tables, the guesses about their columns, and the matching of values to
 * files.
 */
import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, test } from "vitest";
import { createMatcher } from "./match";
import { previewTable } from "./preview";
import { parseTable } from "./readers/csv";

const utf8 = (text: string) => new TextEncoder().encode(text);
const valuesOf = (bytes: Uint8Array) => parseTable("t.csv", bytes).rows.map(({ values }) => values);

describe("parseTable", () => {
  test.each([
    ["comma", "image,outcome\na.png,1\nb.png,0\n"],
    ["semicolon", "image;outcome\na.png;1\nb.png;0\n\n"],
    ["tab, CRLF", "image\toutcome\r\na.png\t1\r\nb.png\t0\r\n"],
    ["mark of UTF-8", "\uFEFFimage,outcome\na.png,1\nb.png,0"],
    ["Excel's hint", "sep=;\r\nimage;outcome\r\na.png;1\r\nb.png;0"],
    ["blank rows and spaces", "\n image , outcome \n\na.png , 1\n , \nb.png,0\n\n"],
    ["quotes", '"image","outcome"\n"a.png","1"\n"b.png","0"'],
    ["short and long rows", "image,outcome\na.png,1,\nb.png,0,,,\n"],
  ])("%s", (_name, text) => {
    const table = parseTable("t.csv", utf8(text));
    expect(table.columns).toEqual(["image", "outcome"]);
    expect(table.rows.map(({ values }) => values)).toEqual([
      ["a.png", "1"],
      ["b.png", "0"],
    ]);
  });

  test("UTF-16 and Windows-1252", () => {
    const text = "image,befund\nä.png,1";
    const wide = new Uint8Array([
      0xff,
      0xfe,
      ...new Uint8Array(Uint16Array.from([...text], (c) => c.charCodeAt(0)).buffer),
    ]);
    expect(valuesOf(wide)).toEqual([["ä.png", "1"]]);
    expect(valuesOf(Uint8Array.from([...text], (c) => c.charCodeAt(0)))).toEqual([["ä.png", "1"]]);
  });

  test("keeps the spreadsheet's row numbers", () => {
    expect(parseTable("t.csv", utf8("a,b\n\n1,2\n,\n3,4")).rows.map(({ number }) => number)).toEqual([3, 5]);
  });

  test("gives double and missing headers names of their own", () => {
    expect(parseTable("t.csv", utf8("a,a,,a\n1,2,3,4,5")).columns).toEqual([
      "a",
      "a (2)",
      "column 3",
      "a (3)",
      "column 5",
    ]);
  });

  test.each([
    ["csv.empty", utf8("")],
    ["csv.empty", utf8("image,outcome\n\n")],
    ["csv.quotes", utf8('image,outcome\na.png,"1\nb.png,0\n')],
    ["csv.not-text", Uint8Array.of(0x50, 0x4b, 3, 4)],
    ["csv.not-text", Uint8Array.of(1, 0, 2, 0)],
  ])("refuses with %s", (code, bytes) => {
    expect(() => parseTable("t.csv", bytes)).toThrow(expect.objectContaining({ code }));
  });

  test("reads back what a writer of CSV wrote", () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 8 }).map((s) => s.replaceAll("\0", "").trim());
    const rows = fc.array(fc.tuple(cell, cell, fc.constant("x")), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom(",", ";", "\t"), (data, delimiter) => {
        const text = Papa.unparse([["one", "two", "three"], ...data], { delimiter, quotes: true });
        // The parser may rewrite line breaks within a cell.
        fc.pre(!/[\r\n]/.test(data.flat().join("")));
        expect(valuesOf(utf8(text))).toEqual(data);
      }),
    );
  });
});

describe("matching", () => {
  const find = (paths: string[], value: string) => {
    const match = createMatcher(paths).find(value);
    return match.kind === "match" ? match.path : match.kind;
  };
  test.each([
    ["path", ["a/x.png", "b/x.png"], "b/x.png", "b/x.png"],
    ["path of a file that stands above", ["x.png", "b/x.png"], "x.png", "x.png"],
    ["base name", ["a/x.png"], "X.PNG", "a/x.png"],
    ["other folders in the table", ["images/x.png"], "C:\\scans\\x.png", "images/x.png"],
    ["nearest folders", ["p1/a/x.png", "p2/a/x.png"], "/data/p2/a/x.png", "p2/a/x.png"],
    // Each file below lies in as many folders as the value or in more, but not in the same ones.
    ["nearest folders before deep ones", ["p/q/x.png", "b/a/x.png"], "z/a/x.png", "b/a/x.png"],
    ["nearest folders of another extension", ["p1/x.png", "p2/x.png"], "p2/x.dcm", "p2/x.png"],
    ["folders that differ nearest the file", ["a/b/x.png", "a/c/x.png"], "/data/c/x.png", "a/c/x.png"],
    ["without extension", ["a/x.png"], "x", "a/x.png"],
    ["another extension", ["a/x.png"], "x.dcm", "a/x.png"],
    ["dots that are no extension", ["a/1.2.840.png"], "1.2.840", "a/1.2.840.png"],
    ["letter for letter first", ["x.png", "X.png"], "X.png", "X.png"],
    ["letter for letter in the folder's name", ["A/x.png", "a/x.png"], "a/x.png", "a/x.png"],
    ["letter for letter in a folder", ["a/x.png", "a/X.png"], "X.png", "a/X.png"],
    ["letter for letter only among the nearest", ["a/X.png", "b/x.png"], "b/X.PNG", "b/x.png"],
    ["ambiguous folders", ["a/x.png", "b/x.png"], "x.png", "ambiguous"],
    ["ambiguous extension", ["x.png", "x.jpg"], "x", "ambiguous"],
    ["composed accents", ["a\u0308.png"], "\u00e4.png", "a\u0308.png"],
    ["nothing", ["x.png"], "y.png", "none"],
    ["blank", ["x.png"], " ", "none"],
    ["blank, and a file that is an extension alone", [".png"], " ", "none"],
    ["a folder", ["a/x.png", "a/.png"], "a/", "none"],
  ])("%s", (_name, paths, value, expected) => {
    expect(find(paths, value)).toBe(expected);
  });

  test("every file is found by its own path", () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9_-]{1,3}$/);
    const path = fc
      .tuple(fc.array(part, { maxLength: 2 }), part, fc.constantFrom(".png", ".jpg", ""))
      .map(([folders, name, end]) => [...folders, name + end].join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1 }), (paths) => {
        for (const own of paths) expect(find(paths, own)).toBe(own);
      }),
    );
  });
});

describe("previewTable", () => {
  const text = [
    "n,original,file name,patientid,sex,survival,went_icu,age,stage",
    ...Array.from({ length: 30 }, (_, i) =>
      [
        i,
        `scan${i}.dcm`,
        `img/${i}.PNG`,
        `p${i % 7}`,
        "MF"[i % 2],
        i < 28 ? "" : "YN"[i % 2],
        "YNN"[i % 3],
        20 + i,
        "I",
      ].join(","),
    ),
  ].join("\n");
  const paths = Array.from({ length: 40 }, (_, i) => `covid/img/${i}.png`);

  test("suggests image, outcome and patient", async () => {
    const preview = await previewTable("t.csv", utf8(text), paths);
    expect(preview.suggestion).toEqual({ image: "file name", outcome: "went_icu", patient: "patientid" });
    expect(preview.rowCount).toBe(30);
    expect(preview.rows[1]).toMatchObject({ "file name": "img/1.PNG", patientid: "p1" });
    expect(preview.values.went_icu).toEqual([
      { value: "N", count: 20 },
      { value: "Y", count: 10 },
    ]);
    expect(preview.values.age).toHaveLength(20);
    expect(preview.matches).toMatchObject({ "file name": 30, patientid: 0 });
  });

  test("without files the values tell the image column", async () => {
    expect((await previewTable("t.csv", utf8(text), [])).suggestion.image).toBe("file name");
  });

  test("suggests nothing where nothing fits", async () => {
    const { suggestion } = await previewTable("t.csv", utf8("a,b\n1,x\n2,x"), ["c.png"]);
    expect(suggestion).toEqual({ image: undefined, outcome: undefined, patient: undefined });
  });
});
