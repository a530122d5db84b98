/** A browser without a WebGPU adapter: said plainly, with what to do, and the linear probe still gives results. */
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

test("the linear probe works without WebGPU, and the screen says what does not", async ({ page, folder }) => {
  const data = new DataPage(page);
  await data.open();
  await expect(page.getByRole("contentinfo")).toContainText(/no WebGPU/i);
  const drawn = await drawDataset(folder);
  await data.importDataset(drawn.images, drawn.table);
  await data.goTo("Plan");
  await expect(page.getByRole("main")).toContainText(/WebGPU/);
  await expect(page.getByRole("main")).toContainText(/linear probe/i);
  const plan = new PlanPage(page);
  await plan.write({ name: "Probe alone", shots: [], full: true, folds: 2, epochs: 4 });
  await plan.removeMethod(/Remove LoRA/);
  await plan.startButton.click();
  const results = new ResultsPage(page);
  await results.expectFinished(2);
  await expect(results.comparison).toContainText("Linear probe");
});
