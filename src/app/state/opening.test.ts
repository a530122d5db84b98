/** Tests the opening of files: sorting, suggestions, problems, and errors that lose nothing. */
import { beforeEach, expect, test } from "vitest";
import { RadaptError } from "../../base";
import type { ImportRequest, NamedFile } from "../../worker/protocol";
import { provideFakes, sampleDataset, samplePreview } from "./fakes";
import {
  chooseColumn,
  choosePatients,
  importOpened,
  initialOpening,
  openFiles,
  openingProblems,
  openingStore,
  openLabels,
} from "./opening";

const files = (...paths: string[]): NamedFile[] => paths.map((path) => ({ path, file: new Blob(["x"]) }));

beforeEach(() => {
  provideFakes();
  openingStore.setState(initialOpening);
});

test("a folder is sorted into images, tables and the rest; hidden files are passed over", async () => {
  await openFiles(files("a.png", "s/b.JPG", "labels.csv", "readme.txt", ".DS_Store", "__MACOSX/a.png"), "chest");
  const state = openingStore.getState();
  expect(state.images.map((f) => f.path)).toEqual(["a.png", "s/b.JPG"]);
  expect([state.labels?.path, state.others.length, state.name]).toEqual(["labels.csv", 1, "chest"]);
  expect(state.columns).toEqual({ image: "file", outcome: "icu", patient: "patient", patientFromPath: "" });
  expect(state.positive, "the value that says yes").toBe("Y");
  expect(openingProblems(state)).toEqual({});
});

test("a table opened first waits for its images, and keeps being used", async () => {
  await openLabels(files("labels.csv")[0]);
  expect(Object.keys(openingProblems(openingStore.getState()))).toContain("images");
  await openFiles(files("a.png"), "chest");
  expect(openingStore.getState().labels?.path).toBe("labels.csv");
  expect(openingProblems(openingStore.getState())).toEqual({});
});

test("a folder without images says what was expected", async () => {
  await openFiles(files("a.tiff"), "scans");
  expect(openingStore.getState().error?.expected).toMatch(/\.png/);
});

test("columns that cannot work are refused beside their field", async () => {
  await openFiles(files("a.png", "labels.csv"), "chest");
  chooseColumn("image", "patient");
  chooseColumn("outcome", "note");
  const problems = openingProblems(openingStore.getState());
  expect(problems.image).toMatch(/names an opened image/);
  expect(problems.outcome).toMatch(/fewer than two/);
  expect(openingStore.getState().positive).toBe("");
});

test("patients come from the suggestion, from a part of the paths, or from nowhere", async () => {
  const byPath = {
    ...samplePreview,
    suggestion: { image: "file", outcome: "icu", patientFromPath: "folder" as const },
  };
  const requests: ImportRequest[] = [];
  provideFakes({
    previewTable: async () => byPath,
    importDataset: async (request) => {
      requests.push(request);
      throw new RadaptError("Stop here.", { code: "test", where: "" });
    },
  });
  await openFiles(files("a.png", "labels.csv"), "chest");
  await importOpened();
  choosePatients({ patient: "patient" });
  await importOpened();
  choosePatients({});
  await importOpened();
  const chosen = requests.map(({ columns: { patient, patientFromPath } }) => [patient, patientFromPath]);
  expect(chosen).toEqual([
    [undefined, "folder"],
    ["patient", undefined],
    [undefined, undefined],
  ]);
});

test("a failed import keeps the choices and shows the message", async () => {
  const noMatch = new RadaptError("No row matches.", { code: "csv.no-match", where: "labels.csv" });
  provideFakes({ importDataset: () => Promise.reject(noMatch) });
  await openFiles(files("a.png", "labels.csv"), "chest");
  await importOpened();
  const state = openingStore.getState();
  expect([state.phase, state.error]).toEqual(["choosing", { title: "No row matches.", ...noMatch.parts }]);
  expect(state.preview).toEqual(samplePreview);
});

test("an import ends in its report", async () => {
  const dataset = sampleDataset();
  provideFakes({ importDataset: async () => ({ dataset, report: dataset.report }) }, { datasets: [dataset] });
  await openFiles(files("a.png", "labels.csv"), "chest");
  await importOpened();
  expect(openingStore.getState().phase).toBe("reported");
  expect(openingStore.getState().result?.dataset.id).toBe("d1");
});
