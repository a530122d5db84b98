/** Profiles the shipped backbone, cancels once, and reads the tables. */
import { Shell } from "./pages/shell";
import { expectAccessibleInEveryLook } from "./support/axe";
import { expect, test } from "./support/fixtures";

test("the profile times each kernel of a step; on the CPU the screen says why it cannot", async ({ page }) => {
  test.setTimeout(600_000);
  const shell = new Shell(page);
  await shell.open();
  await shell.trainOn("wasm");
  await shell.openTool("Profile");
  await expect(page.getByText(/its kernels cannot be timed one by one/)).toBeVisible();
  const run = page.getByRole("button", { name: "Run the profile" });
  await expect(run).toBeDisabled();
  await shell.trainOn("webgpu");
  await page.getByLabel("Images per step").fill("1");
  await run.click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Not run yet")).toBeVisible({ timeout: 120_000 });

  await run.click();
  await expect(page.getByText(/^Profiling: /)).toBeVisible();
  const kernels = page.getByRole("table", { name: "By kernel" });
  await expect(kernels).toBeVisible({ timeout: 400_000 });
  await expect(page.getByRole("heading", { name: /^LoRA r 8 on / })).toBeVisible();
  await expect(page.getByTestId("profile-step")).toContainText(/One step[\d.\s\u202f]+ ms/);
  const product = kernels
    .getByRole("row", { name: /^MatMul/ })
    .first()
    .getByRole("cell");
  // The columns are ms, share of all time, dispatches, GFLOP/s, GB/s, and the share of the best
  // product's rate.
  await expect(product).toHaveText([/\d/, /^[\d.]+ %$/, /^\d+$/, /\d/, /\d/, /^\d+ %$/]);
  await expect(page.getByRole("table", { name: "By module" })).toContainText("layers.*.mlp");
  await expect(page.getByRole("table", { name: "Matrix products" }).getByRole("row")).toHaveCount(1 + 7);
  await expectAccessibleInEveryLook(page, "Profile");
});
