/**
 * The first minute: one click leads from the first screen to charts, without any opened file or
 * download. The test switches the network off during training, which proves privacy in a way that
 * anybody can repeat.
 */

import { readSafetensors } from "../src/base/safetensors";
import { DataPage } from "./pages/data-page";
import { PlanPage } from "./pages/plan-page";
import { ResultsPage } from "./pages/results-page";
import { expectAccessibleInEveryLook } from "./support/axe";
import { differenceFromRecord, unzipDownload } from "./support/downloads";
import { expect, test } from "./support/fixtures";

test("the demo leads to charts in one click and needs no network to train; its results survive a reload", async ({
  page,
  context,
}) => {
  test.setTimeout(420_000);
  const data = new DataPage(page);
  await data.open();
  expect(await page.evaluate(() => crossOriginIsolated), "WASM threads need isolation").toBe(true);
  await expect(page.getByText("Images stay on this machine")).toBeVisible();
  await expect(page.getByRole("contentinfo")).not.toContainText(/looking/i);

  const clicked = Date.now();
  await data.runDemo();
  const results = new ResultsPage(page);
  await expect(results.comparison).toBeVisible({ timeout: 60_000 });
  await expect(page.locator("figure.chart svg").first()).toBeVisible();
  await context.setOffline(true);
  const runs = await results.expectFinished(undefined, 300_000);
  test.info().annotations.push({ type: "demo", description: `${Math.round((Date.now() - clicked) / 1000)} s` });
  await expect(results.comparison).toContainText("Linear probe");
  await expect(results.comparison).toContainText("LoRA");
  await expect(page.getByText("synthetic", { exact: true }).first()).toBeVisible();
  await expect(page.getByText(/\b0 B sent/)).toBeVisible();

  await results.comparison.getByRole("button", { name: /LoRA.*full/i }).click();
  const predictions = page.getByRole("region", { name: "Predictions", exact: true });
  await expect(predictions.getByRole("heading")).toContainText(/\d+ predictions/);
  await predictions.getByRole("row").nth(1).getByRole("button").click();
  await expect(page.getByRole("dialog").getByRole("img", { name: /\.png$/ })).toBeVisible();
  await page.keyboard.press("Escape");
  const csv = await results.export("Predictions as CSV");
  const records = await results.exportRecords();
  expect(records).toHaveLength(runs);
  expect(csv.trim().split("\n")).toHaveLength(1 + records.reduce((sum, r) => sum + r.predictions.length, 0));

  // Still offline, the test downloads what a run learnt: PEFT's files, and a model for another
  // runtime.
  const adapter = await unzipDownload(await results.downloadOfRun("Download adapter"));
  const card = JSON.parse(new TextDecoder().decode(adapter["radapt.json"]));
  const record = records.find(({ id }) => id === card.run)!;
  expect(record.config.method.id).toBe("lora");
  expect(JSON.parse(new TextDecoder().decode(adapter["adapter_config.json"]))).toMatchObject({
    peft_type: "LORA",
    r: 4,
  });
  const { tensors } = readSafetensors(adapter["adapter_model.safetensors"]);
  expect(tensors.reduce((sum, { data }) => sum + data.length, 0)).toBe(record.trainableParameters);
  const download = await results.downloadOfRun("Download model (ONNX)");
  expect(download.suggestedFilename()).toMatch(/^radapt-radapt-hybrid-xs-lora-r-4-full-fold1-seed0-\w{8}-model\.zip$/);
  const model = await unzipDownload(download);
  expect(Object.keys(model).sort()).toEqual(["README.md", "model.onnx", "predict.py"]);
  expect(await differenceFromRecord(model["model.onnx"], record)).toBeLessThan(1e-4);

  const before = (await results.comparison.textContent()) ?? "";
  await context.setOffline(false);
  await page.reload();
  await results.expectStep("Results");
  await expect(results.comparison).toHaveText(before);

  // The checkpoint check accepts the adapter's files and refuses files that do not fit the
  // backbone.
  const plan = new PlanPage(page);
  await plan.goTo("Plan");
  await plan.checkCheckpoint(/hybrid/i, adapter["adapter_config.json"], adapter["adapter_model.safetensors"]);
  await expect(page.getByTestId("checkpoint-check")).toContainText(/LoRA r 4.*a head of 2 classes/);
  const other = new TextDecoder().decode(adapter["adapter_config.json"]).replace('"r": 4', '"r": 8');
  await plan.chooseCheckpoint(new TextEncoder().encode(other), adapter["adapter_model.safetensors"]);
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText(/does not fit: .*lora_A\.weight/);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await plan.goTo("Results");

  await expectAccessibleInEveryLook(page, "Results");
});
