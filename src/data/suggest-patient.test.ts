/** Checks which column or part of the paths is suggested as the patient, and what is not. */
import { describe, expect, test } from "vitest";
import { createMatcher } from "./match";
import { previewTable } from "./preview";
import { type PatientSearch, patientChoices } from "./suggest-patient";

/** A study of 12 patients with 1 to 4 images each, as rows of one object per image. */
const visits = Array.from({ length: 12 }, (_, patient) =>
  Array.from({ length: 1 + (patient % 4) }, (_, k) => ({ patient, k })),
).flat();

function search(row: (visit: { patient: number; k: number; n: number }) => Record<string, string | number>) {
  const rows = visits.map((visit, n) => row({ ...visit, n }));
  const columns = Object.keys(rows[0]);
  const table = {
    name: "t.csv",
    columns,
    rows: rows.map((values, i) => ({ number: i + 2, values: columns.map((column) => `${values[column]}`) })),
  };
  const paths = rows.map(({ image }) => `${image}`);
  return { table, image: "image", paths, matcher: createMatcher(paths) } satisfies PatientSearch & { paths: string[] };
}

const suggest = (row: Parameters<typeof search>[0]) => patientChoices(search(row)).suggestion;
const image = (n: number) => `scan${100 + n}.png`;
const isOf = { patient: expect.any(String), reason: "12 values, 1 to 4 images each" };

describe("by name and structure", () => {
  test.each([
    "ID",
    "study_id",
    "record_id",
    "StudyID",
    "pseudonym",
    "accession",
    "AccessionNumber",
    "Patient",
    "patientid",
    "PatNr",
    "Probandennummer",
    "Fallnummer",
    "paciente",
    "ID Paziente",
    "id_sujet",
    "numéro de dossier",
    "患者ID",
    "MRN",
  ])("%s", (column) => {
    const row = ({ patient, n }: { patient: number; n: number }) => ({
      image: image(n),
      [column]: 4711 + patient,
      age: 40 + (patient % 9),
      outcome: patient % 2,
    });
    expect(suggest(row)).toEqual({ ...isOf, patient: column });
  });

  test.each([
    ["accession: one value per image", "accession", ({ n }: { n: number }) => 9000 + n],
    ["a running number", "ID", ({ n }: { n: number }) => n],
    ["a category", "code", ({ n }: { n: number }) => `C${n % 3}`],
    ["a value that most images share", "study_id", ({ n }: { n: number }) => (n < 22 ? "S0" : `S${n >> 1}`)],
    ["a centre", "hospital_id", ({ patient }: { patient: number }) => `H${patient >> 1}`],
    ["an age", "age", ({ patient }: { patient: number }) => 40 + patient],
    ["a date", "study_date", ({ patient }: { patient: number }) => `2020-01-${10 + patient}`],
    ["a number of lesions", "number_of_lesions", ({ n }: { n: number }) => n % 6],
    ["a case-control column", "case", ({ patient }: { patient: number }) => patient % 2],
    ["patients of a kind", "patient_type", ({ patient }: { patient: number }) => `type ${patient % 6}`],
    ["an unknown measure", "x7", ({ n }: { n: number }) => 50 + ((n * 7) % 10)],
    ["hardly any repetition", "record_id", ({ n }: { n: number }) => (n === 1 ? 0 : n)],
    ["mostly blank", "record_id", ({ patient, k }: { patient: number; k: number }) => (k === 0 ? patient : "")],
  ])("not %s", (_name, column, value) => {
    const row = (visit: { patient: number; k: number; n: number }) => ({
      image: image(visit.n),
      [column]: value(visit),
      sex: "MF"[(visit.n >> 2) % 2],
      outcome: (visit.n >> 1) % 2,
    });
    expect(suggest(row)).toBeUndefined();
  });

  test("one value per image is taken where the name says patient, and never goes before a repeating id", () => {
    expect(suggest(({ n }) => ({ image: image(n), patient_id: n }))).toEqual({
      patient: "patient_id",
      reason: `${visits.length} values, 1 image each`,
    });
    expect(suggest(({ n, patient }) => ({ image: image(n), case: n, record_id: patient }))?.patient).toBe("record_id");
  });

  test("a small table and slices of a volume", () => {
    const tableOf = (patients: number, slices: number) => {
      const rows = Array.from({ length: patients * slices }, (_, n) => [image(n), `P${n % patients}`]);
      const table = { name: "t.csv", columns: ["image", "ID"], rows: rows.map((values, n) => ({ number: n, values })) };
      return patientChoices({ table, image: "image", matcher: createMatcher([]) }).suggestion?.reason;
    };
    expect(tableOf(4, 2)).toBe("4 values, 2 images each");
    expect(tableOf(20, 150)).toBe("20 values, 150 images each");
    expect(tableOf(4, 20), "a category").toBeUndefined();
  });

  test("an examination gives way to the patient that it belongs to", () => {
    const row = ({ n, patient, k }: { n: number; patient: number; k: number }) => ({
      image: image(n),
      accession: 100 * patient + (k >> 1),
      record_id: patient,
    });
    expect(suggest(row)?.patient).toBe("record_id");
  });

  test("a column without a telling name: other columns never differ within a value", () => {
    const row = ({ n, patient }: { n: number; patient: number }) => ({
      image: image(n),
      x: `K${patient * 17}`,
      sex: "MF"[patient % 2],
      view: "ABC"[n % 3],
    });
    expect(suggest(row)).toEqual({
      patient: "x",
      reason: "12 values, 1 to 4 images each; within a value other columns never differ",
    });
  });

  test("a column without a telling name whose values begin the names of the files", () => {
    const row = ({ patient, k }: { patient: number; k: number }) => ({
      image: `A${patient}_${k}.png`,
      x: `A${patient}`,
    });
    expect(suggest(row)?.reason).toContain("the files are named by it");
  });

  test("spellings of one patient are counted once, and repeated rows of an image once", () => {
    const doubled = search(({ n, patient, k }) => ({
      image: image(n),
      record_id: k % 2 ? `P${patient}` : `p${patient}`,
    }));
    doubled.table.rows.push(...doubled.table.rows);
    expect(patientChoices(doubled).suggestion).toEqual({ ...isOf, patient: "record_id" });
  });
});

describe("by the images' paths", () => {
  test.each([
    ["P012_3.png", "first-number", ({ patient, k }: { patient: number; k: number }) => `P${100 + patient}_${k}.png`],
    ["with a view", "first-number", ({ patient, k }: { patient: number; k: number }) => `x${patient}-PA-${k}.png`],
    [
      "BIDS",
      "first-number",
      ({ patient, k }: { patient: number; k: number }) => `sub-${patient}_ses-${k >> 1}_run${k}.png`,
    ],
    [
      "a number that is no patient's",
      "all-but-last-part",
      ({ patient, k }: { patient: number; k: number }) => `A1-${patient}-${"LRXY"[k]}.png`,
    ],
    [
      "IM-0115-0001",
      "first-number",
      ({ patient, k }: { patient: number; k: number }) => `IM-01${patient + 10}-000${k}.png`,
    ],
    [
      "patient0012/img1.png",
      "folder",
      ({ patient, k }: { patient: number; k: number }) => `patient00${patient}/img${k}.png`,
    ],
    [
      "patient/study/view",
      "parent-folder",
      ({ patient, k }: { patient: number; k: number }) => `train/patient${patient}/study${k >> 1}/view${k % 2}.png`,
    ],
  ])("%s: %s", (_name, patientFromPath, path) => {
    const suggestion = suggest((visit) => ({ image: path(visit), outcome: visit.patient % 2 }));
    expect(suggestion).toMatchObject({
      patientFromPath,
      reason: expect.stringMatching(/^12 values, 1 to 4 images each; f/),
    });
    expect(suggestion?.patient).toBeUndefined();
  });

  test.each([
    ["running numbers", ({ n }: { n: number }) => `image_${n}.png`],
    ["classes", ({ n }: { n: number }) => `${n % 2 ? "sick" : "well"}_${n}.png`],
    ["folders of classes", ({ n }: { n: number }) => `class${n % 2}/${n}.png`],
    ["dates", ({ n, patient }: { n: number; patient: number }) => `2020${10 + (patient % 3)}${10 + patient}_${n}.png`],
  ])("not: %s", (_name, path) => {
    expect(suggest((visit) => ({ image: path(visit), outcome: visit.n % 2 }))).toBeUndefined();
  });

  test("a column of patients goes before the paths", () => {
    const row = ({ patient, k }: { patient: number; k: number }) => ({
      image: `P${patient}_${k}.png`,
      record_id: patient,
    });
    expect(suggest(row)).toEqual({ ...isOf, patient: "record_id" });
  });
});

test("the outcome is not suggested, and the preview says what each column and rule would give", async () => {
  const { table, paths, matcher } = search(({ patient, k }) => ({
    image: `P${patient}_${k}.png`,
    record_id: patient,
    grade: patient % 3,
  }));
  expect(patientChoices({ table, matcher, image: "image", outcome: "record_id" }).suggestion?.patient).toBeUndefined();
  const text = [table.columns.join(","), ...table.rows.map(({ values }) => values.join(","))].join("\n");
  const preview = await previewTable("t.csv", new TextEncoder().encode(text), paths);
  expect(preview.suggestion).toMatchObject({ image: "image", patient: "record_id", outcome: "grade" });
  expect(preview.patients?.columns.grade).toBe("3 values, 10 images each");
  expect(preview.patients?.paths).toEqual({
    "first-number": "12 values, 1 to 4 images each",
    "all-but-last-part": "12 values, 1 to 4 images each",
  });
});
