/**
 * Radapt refuses a file that is no usable backbone with a helpful message, and keeps what was there
 * before.
 */
import { readFileSync } from "node:fs";
import { DataPage } from "./pages/data-page";
import { PlanPage } from "./pages/plan-page";
import { drawDataset } from "./support/drawing";
import { expect, test } from "./support/fixtures";
import { modelOfTwoFiles, modelWithUnknownOp, shippedModel } from "./support/models";

test("truncated files and unknown ops are refused by name, and the data stays", async ({ page, folder }) => {
  const data = new DataPage(page);
  await data.open();
  const drawn = await drawDataset(folder, { patients: 6 });
  await data.importDataset(drawn.images, drawn.table);
  await data.goTo("Plan");
  const plan = new PlanPage(page);
  const whole = readFileSync(shippedModel());

  await plan.addBackbone({ name: "half.onnx", bytes: whole.subarray(0, whole.length / 2) });
  await expect(plan.alert).toContainText("not a whole ONNX file");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();

  await plan.addBackbone({ name: "hologram.onnx", bytes: modelWithUnknownOp() });
  await expect(plan.alert).toContainText("HologramPool");
  await expect(plan.alert).toContainText("/encoder/HologramPool_0");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();

  await expect(page.getByText("half", { exact: true })).toHaveCount(0);
  await data.goTo("Data");
  await expect(page.getByText("12 images · 6 patients").first()).toBeVisible();
});

test("an opened backbone is checked against onnxruntime and can be planned with", async ({ page }) => {
  const plan = new PlanPage(page);
  await plan.open("Plan");
  await plan.addBackbone({ name: "mine.onnx", bytes: readFileSync(shippedModel()) });
  await expect(page.getByTestId("backbone-check")).toContainText(/relative error/, { timeout: 60_000 });
  await expect(page.getByTestId("backbone-check")).not.toContainText("larger than it should be");

  await page.getByRole("button", { name: "Preprocessing of mine" }).click();
  const feature = page.getByLabel("Feature vector");
  // The form says why the file cannot give a feature kind. A person can choose another one, and the
  // backbone keeps that choice.
  await expect(feature.locator("option[value=cls4]")).toBeDisabled();
  await expect(feature.locator("option[value=cls4]")).toHaveText(/\(.+\)/);
  await feature.selectOption("pooled");
  await expect(page.getByText("pooled or projected output, one vector")).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Preprocessing of mine" }).click();
  await expect(feature).toHaveValue("pooled");
});

test("a backbone of two files is opened by choosing both; alone, the missing one is named", async ({ page }) => {
  const plan = new PlanPage(page);
  await plan.open("Plan");
  const { model, location, data } = modelOfTwoFiles();
  await plan.addBackbone({ name: "small.onnx", bytes: model });
  await expect(plan.alert).toContainText(`Choose both files at once: the .onnx file and ${location}`);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();

  await plan.addBackbone({ name: location, bytes: data }, { name: "small.onnx", bytes: model });
  await expect(page.getByTestId("backbone-check")).toContainText(/relative error/, { timeout: 60_000 });
  await expect(page.getByText("small", { exact: true })).toBeVisible();
});
