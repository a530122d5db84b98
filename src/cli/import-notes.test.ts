/** Tests what `radapt run` says of the data that it imports, before and after the runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../cli";
import { capturePrinted, writePlan, writeStudy } from "./testing";

const printed = capturePrinted();
const columns = { image: "file", outcome: "outcome", patient: "patient" };
const study = { images: "images", labels: "labels.csv", columns };
const quick = { methods: [{ id: "nearest-mean" }], folds: 2 };

test("the positive class is named with its reason, and --positive changes it", async () => {
  const dir = writeStudy({ absent: "nein", present: "ja" });
  const out = join(dir, "out");
  const classes = () => JSON.parse(readFileSync(join(out, "results.json"), "utf8")).records[0].dataset.classes;
  const plan = writePlan(dir, { ...quick, dataset: study });
  expect(await run(["run", plan, "--out", out, "--device", "cpu"])).toBe(0);
  expect(printed.err).toContain("Positive class: ja. “nein” says that it is absent or that all is well.");
  expect(printed.err).toContain('To change it: --positive "nein"');
  expect(classes()).toEqual(["nein", "ja"]);
  printed.err = "";
  expect(await run(["run", plan, "--out", out, "--device", "cpu", "--positive", "nein"])).toBe(0);
  expect(printed.err).toMatch(/Positive class: nein\n(?! {2}To change)/);
  expect(classes()).toEqual(["ja", "nein"]);
});

test.each([
  [study, "vielleicht", /The positive value "vielleicht" does not occur/],
  [{ demo: true }, "ja", /--positive[\s\S]*Leave --positive out/],
])("a positive class that cannot be is refused: %j, %s", async (dataset, positive, message) => {
  const dir = writeStudy({ absent: "nein", present: "ja" });
  const plan = writePlan(dir, { ...quick, dataset });
  expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu", "--positive", positive])).toBe(1);
  expect(printed.err).toMatch(message);
});

test("images whose outcome is an error of a formula are left out, and counted", async () => {
  const dir = writeStudy();
  const labels = join(dir, "labels.csv");
  writeFileSync(labels, readFileSync(labels, "utf8").replace("0.png,no", "0.png,#VALUE!"));
  const plan = writePlan(dir, { ...quick, dataset: study });
  expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu"])).toBe(0);
  expect(printed.err).toContain("1 images have no outcome, e.g. 0.png: outcome is #VALUE!");
});

test("without a patient column the last line cautions against the figures, and each record does", async () => {
  const dir = writeStudy();
  const out = join(dir, "out");
  const plan = writePlan(dir, { ...quick, dataset: { ...study, columns: { image: "file", outcome: "outcome" } } });
  expect(await run(["run", plan, "--out", out, "--device", "cpu"])).toBe(0);
  expect(printed.err).toContain('Note: The column "patient" looks like the patients (12 values, 2 images each).');
  const last = printed.err.trim().split("\n").at(-1);
  expect(last).toMatch(/^Caution: No patient column was chosen.*better than for new patients\.$/);
  const { records } = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  expect(records[0].warnings).toEqual([last?.replace("Caution: ", "")]);
});
