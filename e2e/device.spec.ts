/** The device is a choice: the status line changes it, and it is remembered. */
import { DataPage } from "./pages/data-page";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/fixtures";

test("training moves to the CPU and back by choice, and a reload keeps it", async ({ page }) => {
  const data = new DataPage(page);
  await data.open();
  const status = page.getByRole("contentinfo").getByRole("button").first();
  const choice = page.getByLabel("Train on");
  await expect(status).not.toContainText(/looking/i);
  await status.click();
  await choice.selectOption("wasm");
  await expect(status).toContainText("Training runs on the CPU");
  await expectAccessible(page, "the choice of the device");
  await page.reload();
  await expect(status).toContainText("Training runs on the CPU");
  await data.goTo("Plan");
  await expect(page.getByTestId("plan-summary")).toContainText("as chosen in the status line");
  await status.click();
  await choice.selectOption("webgpu");
  await expect(status).not.toContainText("CPU");
});
