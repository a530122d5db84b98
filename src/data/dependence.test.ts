/** Checks when a column counts as determined by another one. */
import { expect, test } from "vitest";
import { determinesAnother } from "./dependence";

const rows = Array.from({ length: 60 }, (_, n) => n);
const patient = rows.map((n) => `p${n % 20}`);

test.each([
  ["the patient determines the sex", patient, rows.map((n) => "MF"[(n % 20) % 2]), true],
  ["not a column that varies within patients", patient, rows.map((n) => "MF"[n >> 5]), false],
  ["not a nearly constant column", patient, rows.map((n) => (n % 20 === 0 ? "M" : "F")), false],
  ["not a column that differs in every row", patient, rows.map((n) => `${n}`), false],
  ["not a blank column", patient, rows.map(() => ""), false],
  [
    "not where too few rows share a patient",
    rows.map((n) => `p${n >> (n < 10 ? 1 : 0)}`),
    rows.map((n) => "MF"[(n >> 1) % 2]),
    false,
  ],
])("%s", (_name, keys, values, expected) => {
  expect(determinesAnother(keys, [values])).toBe(expected);
});

test("one slip of the pen does not hide it", () => {
  const keys = Array.from({ length: 600 }, (_, n) => `p${n % 100}`);
  const sexes = keys.map((_, n) => (n === 7 ? "M" : "MF"[(n % 100) % 2]));
  expect(determinesAnother(keys, [sexes])).toBe(true);
});
