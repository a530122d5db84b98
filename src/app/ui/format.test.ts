/** Tests how numbers and messages are written for people. */
import { expect, test } from "vitest";
import { detailsOf, RadaptError } from "../../base";
import { detailsParts } from "./error-parts";
import { byteSize, count, duration, metricText, plural, significant } from "./format";

test("durations, sizes, counts", () => {
  expect([duration(900), duration(61_000), duration(20 * 60_000), duration(3_660_000)]).toEqual([
    "1 s",
    "1 min 1 s",
    "20 min",
    "1 h 1 min",
  ]);
  expect([byteSize(0), byteSize(999), byteSize(1500), byteSize(2.5e6), byteSize(352e6)]).toEqual([
    "0 B",
    "999 B",
    "1.5 kB",
    "2.5 MB",
    "352 MB",
  ]);
  expect(count(1234567)).toBe("1\u202f234\u202f567");
  expect([plural(1, "run"), plural(2, "run")]).toEqual(["1 run", "2 runs"]);
});

test("positive numbers to three significant digits", () => {
  expect([0.01234, 4.561, 78.94, 789.4, 12345].map((x) => significant(x))).toEqual([
    "0.0123",
    "4.56",
    "78.9",
    "789",
    "12\u202f345",
  ]);
  expect([0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((x) => significant(x))).toEqual(["–", "–", "–", "–"]);
});

test("undefined metrics are a dash, never 0", () => {
  expect([metricText(Number.NaN), metricText(null), metricText(-0.25)]).toEqual(["–", "–", "−0.250"]);
});

test("a message shows the parts of an error with their labels", () => {
  const error = new RadaptError("No row matches.", {
    code: "csv.no-match",
    where: "labels.csv",
    expected: "file names",
    got: "ids",
    remedy: "choose another column",
  });
  expect(detailsParts(detailsOf(error))).toEqual([
    { label: "Where", text: "labels.csv" },
    { label: "Expected", text: "file names" },
    { label: "Got", text: "ids" },
    { label: "What to do", text: "choose another column" },
  ]);
});
