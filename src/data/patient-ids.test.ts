/** Checks which spellings of ids are one patient, and what the report says of them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinPatientIds, patientIdWarnings, patientKeys } from "./patient-ids";

const join = (values: string[]) => joinPatientIds(values, patientKeys(values));
const countIds = (values: string[]) => new Set(values.map(join(values).idOf)).size;

describe("one patient", () => {
  test.each([
    ["case", ["P001", "p001"]],
    ["number format", ["10", "10.0", "10,0", "10.00"]],
    ["leading zeros where all ids are numbers", ["1", "001", "01.0"]],
    ["spaces", ["P 1", " P 1 ", "P  1", "P\u00a01"]],
    ["forms of Unicode", ["Mu\u0308ller", "M\u00fcller", "\uff2d\u00fcller"]],
    ["hyphens", ["P-1", "P\u20131", "P\u20111"]],
    ["marks that nobody sees", ["P1", "\u200bP1", "P1\ufeff"]],
  ])("%s", (_name, values) => {
    expect(countIds(values)).toBe(1);
  });

  test.each([
    ["leading zeros of ids with letters", ["P1", "P001"]],
    ["leading zeros where one id has letters", ["1", "001", "x7"]],
    ["dotted ids", ["1.1", "1.10"]],
    ["long numbers", ["12345678901234567890", "12345678901234567891"]],
    ["zeros within a number", ["100", "1000", "10"]],
  ])("not: %s", (_name, values) => {
    expect(countIds(values)).toBe(new Set(values).size);
  });
});

test("the most frequent spelling is the id, and each spelling is counted", () => {
  const ids = join(["p1", "P1", "p1", "P2", "NA", ""]);
  expect(ids.joined).toEqual([
    {
      id: "p1",
      spellings: [
        { value: "p1", images: 2 },
        { value: "P1", images: 1 },
      ],
    },
  ]);
  expect(["P1", "P2", "NA", ""].map(ids.idOf)).toEqual(["p1", "P2", "", ""]);
  expect(patientIdWarnings(ids)).toEqual([
    "1 patient has more than one spelling, such as “p1” (2 images) and “P1” (1 image): each is taken for one patient.",
  ]);
});

test("ids that differ by leading zeros alone are warned about where they stay apart", () => {
  expect(patientIdWarnings(join(["P1", "P001", "P2"])).join()).toContain(
    "such as P001 and P1: they count as different",
  );
  expect(patientIdWarnings(join(["1", "001", "2"])).join()).toContain("1 patient has more than one spelling");
});

test("ids of one spelling stay as they are", () => {
  const id = fc.stringMatching(/^[A-Z][0-9]{1,3}$/);
  fc.assert(
    fc.property(fc.array(id), (values) => {
      const { idOf, joined } = join(values);
      expect(values.map(idOf)).toEqual(values);
      expect(joined).toEqual([]);
    }),
  );
});
