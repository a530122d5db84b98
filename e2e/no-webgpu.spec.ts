/** In a browser without a WebGPU adapter, the CPU trains and the screen says so. */
import { chromiumFlags, requireBrowser } from "../tools/system.mjs";
import { DataPage } from "./pages/data-page";
import { PlanPage } from "./pages/plan-page";
import { ResultsPage } from "./pages/results-page";
import { drawDataset } from "./support/drawing";
import { expect, test } from "./support/fixtures";

const withoutWebGpu = chromiumFlags.filter((flag) => !/webgpu/.test(flag));
test.use({
  launchOptions: {
    executablePath: requireBrowser(),
    args: [...withoutWebGpu, "--disable-gpu", "--disable-features=WebGPUService"],
  },
});

test("without WebGPU every method trains on the CPU, and the screen says so", async ({ page, folder }) => {
  test.setTimeout(300_000);
  const data = new DataPage(page);
  await data.open();
  await expect(page.getByRole("contentinfo")).toContainText(/no WebGPU: training runs on the CPU/i);
  await data.openTool("Profile");
  await expect(page.getByText(/its kernels cannot be timed one by one/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Run the profile" })).toBeDisabled();
  await data.goTo("Data");
  const drawn = await drawDataset(folder);
  await data.importDataset(drawn.images, drawn.table);
  await data.goTo("Plan");
  await expect(page.getByTestId("plan-summary")).toContainText(/no WebGPU: training runs on the CPU/i);
  const plan = new PlanPage(page);
  await plan.write({ name: "On the CPU", shots: [], full: true, folds: 2, epochs: 2 });
  await expect(plan.estimate).toContainText(/On the CPU this is an estimate/);
  await plan.startButton.click();
  const results = new ResultsPage(page);
  await results.expectFinished(4, 240_000);
  await expect(results.comparison).toContainText("Linear probe");
  await expect(results.comparison).toContainText("LoRA");
});
