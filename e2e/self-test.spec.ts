/** Runs the self-test offline, reads its sentence, and finds it again after a reload. */
import { Shell } from "./pages/shell";
import { expectAccessibleInEveryLook } from "./support/axe";
import { expect, test } from "./support/fixtures";

test("the self-test runs offline, says in one sentence what it found, and is shown again", async ({
  page,
  context,
}) => {
  test.setTimeout(900_000);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const shell = new Shell(page);
  await shell.open();
  await shell.trainOn("webgpu");
  await shell.openTool("Self-test");
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);

  await page.getByRole("button", { name: "Run the self-test" }).click();
  await expect(page.getByText(/^Testing: /)).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Not run yet on this machine")).toBeVisible();

  await page.getByRole("button", { name: "Run the self-test" }).click();
  const verdict = page.getByRole("region", { name: "Result of the self-test" });
  await expect(verdict).toContainText(/All \d+ checks pass on this adapter/, { timeout: 800_000 });
  await expect(page.getByRole("table", { name: "Fine-tuning methods" })).toContainText("LoRA");
  await expect(page.getByRole("table", { name: "Operators" })).toContainText("MatMul");
  await verdict.getByRole("button", { name: "Copy report" }).click();
  const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  test.info().annotations.push({ type: "self-test", description: `${Math.round(report.ms / 1000)} s` });
  expect(report.rows.every((row: { verdict: string }) => row.verdict === "pass")).toBe(true);

  await context.setOffline(false);
  const sentences = await verdict.getByRole("paragraph").allTextContents();
  await page.reload();
  await expect(verdict.getByRole("paragraph")).toHaveText(sentences);
  await expectAccessibleInEveryLook(page, "Self-test");
  const statusLine = page.getByRole("contentinfo");
  await statusLine.getByRole("button").first().click();
  await expect(page.getByText("The self-test passed on this adapter.")).toBeVisible();
});
