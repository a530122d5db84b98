/**
 * Goes from own images to results: plans, trains, pauses, leaves the page during training, and
 * returns.
 */
import type { Page } from "@playwright/test";
import { DataPage } from "./pages/data-page";
import { PlanPage, type SmallPlan } from "./pages/plan-page";
import { ResultsPage } from "./pages/results-page";
import { expectAccessibleInEveryLook } from "./support/axe";
import { drawDataset } from "./support/drawing";
import { expect, test } from "./support/fixtures";

const small: SmallPlan = { name: "Discs", shots: [2], full: true, folds: 2, epochs: 3 };

/** Imports drawn discs and fills the form of a plan. Returns its number of runs. */
async function planDiscs(page: Page, folder: string, plan: SmallPlan): Promise<number> {
  const data = new DataPage(page);
  await data.open();
  await data.trainOn("webgpu");
  const drawn = await drawDataset(folder);
  await data.importDataset(drawn.images, drawn.table);
  await data.goTo("Plan");
  const screen = new PlanPage(page);
  await screen.write(plan);
  const seeds = (plan.seeds ?? "0").split(",").length;
  const runs = 2 * (plan.shots.length + Number(plan.full)) * plan.folds * seeds;
  await screen.expectRuns(runs);
  return runs;
}

test("own images become a comparison; a reload in the middle resumes without repeating finished runs", async ({
  page,
  folder,
}) => {
  test.setTimeout(420_000);
  const runs = await planDiscs(page, folder, small);
  await new PlanPage(page).startButton.click();
  const results = new ResultsPage(page);
  await results.expectStep("Results");
  await results.expectProgress(1);
  await page.reload();
  await expect(page.getByText("was interrupted")).toBeVisible();
  const before = await results.exportRecords();
  expect(before.length).toBeGreaterThanOrEqual(1);
  expect(before.length).toBeLessThan(runs);
  await page.getByRole("button", { name: "Resume" }).first().click();
  await results.expectFinished(runs, 300_000);

  const records = await results.exportRecords();
  expect(records).toHaveLength(runs);
  for (const record of before) expect(records).toContainEqual(record);
  await expect(results.comparison.getByRole("row")).toHaveCount(1 + 4);
  for (const method of new Set(records.map((r) => r.config.method.id))) {
    const full = records.filter((r) => r.config.method.id === method && r.config.regime === "full");
    expect(new Set(full.flatMap((r) => r.predictions.map((p) => p.image))).size).toBe(40);
    for (const { split } of full) expect(split.train.filter((image) => split.test.includes(image))).toEqual([]);
  }
});

test("a plan can be paused, resumed and cancelled, and keeps what is finished", async ({ page, folder }) => {
  await planDiscs(page, folder, { ...small, full: false, epochs: 30 });
  await new PlanPage(page).startButton.click();
  const results = new ResultsPage(page);
  await results.expectProgress(1);
  await results.button("Pause").click();
  await expect(page.getByText(/^Paused: \d+ of/)).toBeVisible();
  await results.button("Resume").click();
  await expect(page.getByText(/^Running: \d+ of/)).toBeVisible();
  await results.button("Cancel").click();
  await expect(page.getByText(/^Cancelled; finished runs are kept: /)).toBeVisible();
  expect((await results.exportRecords()).length).toBeGreaterThanOrEqual(1);
});

test("the preview augments one's own image, and augmentation applies to methods that read images", async ({
  page,
  folder,
}) => {
  test.setTimeout(420_000);
  const runs = await planDiscs(page, folder, { ...small, full: false });
  const screen = new PlanPage(page);
  await expect(screen.augmentPreview).toBeHidden();
  await screen.chooseTransforms("Suggested");
  await expect(page.getByLabel("Rotation, degrees")).toHaveValue("10");
  const first = await screen.previewedImages();
  expect(new Set(first).size).toBeGreaterThan(1);
  await page.getByRole("button", { name: "Draw again" }).click();
  await expect(screen.augmentPreview.getByText("epoch 6", { exact: true })).toBeVisible();
  const second = await screen.previewedImages();
  expect(second[0]).toBe(first[0]);
  expect(second).not.toEqual(first);
  await screen.setTransform("rotation", false);
  await expect(page.getByLabel("Rotation, degrees")).toBeHidden();

  await screen.startButton.click();
  const results = new ResultsPage(page);
  await results.expectFinished(runs, 300_000);
  for (const { config, warnings } of await results.exportRecords()) {
    expect(config.training.augment).toEqual(["shift", "zoom", "elastic", "brightness", "contrast"]);
    const goesWithout = warnings.some((warning) => /computed once.*augmentation/.test(warning));
    expect(goesWithout).toBe(config.method.id === "linear-probe");
  }
});

test("methods without training stand beside the probe, show their choices, and offer a head if they have one", async ({
  page,
  folder,
}) => {
  const data = new DataPage(page);
  await data.open();
  const drawn = await drawDataset(folder);
  await data.importDataset(drawn.images, drawn.table);
  const screen = new PlanPage(page);
  await screen.goTo("Plan");
  await screen.removeMethod("Remove LoRA");
  for (const label of ["Nearest class mean", "k nearest neighbours", "Tip-Adapter"]) await screen.addMethod(label);
  await screen.method("k nearest neighbours").getByLabel("Neighbours k").fill("3");
  await screen.write({ name: "Baselines", shots: [2], full: true, folds: 2, epochs: 3 });
  await screen.expectRuns(16);
  await screen.startButton.click();
  const results = new ResultsPage(page);
  await results.expectFinished(16, 120_000);
  for (const method of ["Linear probe", "Nearest class mean", "k-NN k 3", "Tip-Adapter"])
    await expect(results.comparison).toContainText(method);
  const records = await results.exportRecords();
  expect(records.filter(({ trainableParameters }) => trainableParameters === 0)).toHaveLength(12);

  await results.comparison.getByRole("button", { name: /Nearest class mean.*full/i }).click();
  await page.getByText(/^Its \d+ runs/).click();
  await expect(page.getByText(/^Temperature .*chosen among 11 on validation images/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Download model (ONNX)" })).toBeVisible();
  await results.comparison.getByRole("button", { name: /Tip-Adapter.*full/i }).click();
  await expect(page.getByText(/^Share of the cache α .*chosen among 70 on validation images/)).toBeVisible();
  await expect(page.getByText(/^Nothing to download: this method learns no weights/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Download model (ONNX)" })).toHaveCount(0);
  await expect(page.getByText("Training of this run")).toHaveCount(0);
});

test("a preset fills a method's form, and a change makes it one's own", async ({ page }) => {
  const screen = new PlanPage(page);
  await screen.open();
  await screen.goTo("Plan");
  await screen.addMethod("VeRA");
  const form = screen.method("VeRA");
  await form.getByLabel("Preset").selectOption("As in arXiv 2506.18434, r 8");
  await expect(form.getByLabel("Rank r")).toHaveValue("8");
  await expect(form.getByLabel("Target layers")).toHaveValue("study");
  await expect(form.getByText(/learning rate 0\.0001, head learning rate 0\.001/)).toBeVisible();
  await form.getByLabel("Target layers").fill("q_proj, v_proj");
  await expect(form.getByLabel("Preset")).toHaveValue("Own settings");
  await form.getByLabel("Preset").selectOption("Radapt default");
  await expect(form.getByLabel("Target layers")).toHaveValue("auto");
});

test("settings that depend on another show with it, and lists of numbers are checked as they are typed", async ({
  page,
}) => {
  const screen = new PlanPage(page);
  await screen.open();
  await screen.goTo("Plan");
  await screen.openAdvanced();
  await expect(page.getByLabel("Focal γ")).toBeHidden();
  await page.getByLabel("Loss", { exact: true }).selectOption("focal");
  await expect(page.getByLabel("Focal γ")).toHaveValue("2");
  const rates = page.getByLabel("Head learning rates to try");
  await rates.fill("0.01, 0.0o1");
  await expect(page.getByText(/must be numbers such as/).first()).toBeVisible();
  await rates.fill("0.01, 0.001,");
  await expect(page.getByText(/must be numbers such as/)).toHaveCount(0);
  await expect(rates).toHaveValue("0.01, 0.001,");
  await page.getByLabel("Sampling").selectOption("balanced");
  await expect(page.getByText(/both correct for rare classes: one suffices/)).toBeVisible();
  await page.getByLabel("Class weights").selectOption("none");
  await expect(page.getByText(/one suffices/)).toHaveCount(0);
});

test("before Start the memory is estimated for each combination, and anew when the plan changes", async ({
  page,
  folder,
}) => {
  await planDiscs(page, folder, small);
  const screen = new PlanPage(page);
  await screen.addMethod("Full fine-tuning");
  await expect(screen.estimate).toHaveAttribute("aria-busy", "false");
  await expect(screen.estimate).toContainText(/Full fine-tuning on .*A step takes 14 images at once/);
  const before = await screen.estimated();
  expect(before.parts.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(0.98 * before.total);
  await screen.estimate.getByText("All 3 combinations").click();
  await screen.estimate.getByRole("button", { name: /^LoRA r 8/ }).click();
  expect((await screen.estimated()).total).toBeLessThan(before.total);
  await screen.estimate.getByRole("button", { name: /^Full fine-tuning/ }).click();
  await page.getByLabel("Micro-batch").last().fill("4");
  await expect(screen.estimate).toContainText("14 images in 4 micro-batches, as set");
  expect((await screen.estimated()).total).toBeLessThan(0.6 * before.total);
  await expectAccessibleInEveryLook(page, "Plan with its estimate");
});
