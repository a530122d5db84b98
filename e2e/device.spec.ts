/**
 * The status line chooses the device, and the app remembers the choice. With a software adapter the
 * CPU trains.
 */
import { wantsHardware } from "../tools/system.mjs";
import { DataPage } from "./pages/data-page";
import { expectAccessible } from "./support/axe";
import { expect, test } from "./support/fixtures";

test("training moves between graphics card and CPU by choice, a reload keeps it, and the fastest is found", async ({
  page,
}) => {
  const data = new DataPage(page);
  await data.open();
  const status = page.getByRole("contentinfo").getByRole("button").first();
  const choice = page.getByLabel("Train on");
  const summary = page.getByTestId("plan-summary");
  await expect(status).not.toContainText(/looking/i);
  await status.click();
  await expectAccessible(page, "the choice of the device");
  await choice.selectOption("webgpu");
  await expect(status).not.toContainText("CPU");
  await page.reload();
  await expect(status).not.toContainText(/CPU|looking/i);
  await data.goTo("Plan");
  await expect(summary).not.toContainText("CPU");
  await data.trainOn("wasm");
  await expect(summary).toContainText("chosen in the status line");
  await data.trainOn("auto");
  if (wantsHardware) await expect(summary).not.toContainText("CPU");
  else await expect(summary).toContainText("WebAssembly is faster");
});
