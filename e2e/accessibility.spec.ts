/**
 * Checks every screen in both themes, wide and narrow: axe finds nothing serious or critical, and
 * nothing is wider than the window.
 */
import { DataPage } from "./pages/data-page";
import { PlanPage } from "./pages/plan-page";
import { expectAccessibleInEveryLook } from "./support/axe";
import { drawDataset } from "./support/drawing";
import { test } from "./support/fixtures";

test("every screen, in both themes, wide and narrow", async ({ page, folder }) => {
  test.slow();
  const data = new DataPage(page);
  await data.open();
  await expectAccessibleInEveryLook(page, "Data, empty");
  await data.goTo("Plan");
  await expectAccessibleInEveryLook(page, "Plan, without data");
  await data.goTo("Results");
  await expectAccessibleInEveryLook(page, "Results, empty");
  await data.openTool("Self-test");
  await expectAccessibleInEveryLook(page, "Self-test, not run yet");
  await data.openTool("Profile");
  await expectAccessibleInEveryLook(page, "Profile, not run yet");
  await data.goTo("Data");
  const drawn = await drawDataset(folder, { patients: 6 });
  await data.openFolder(drawn.images);
  await data.openTable(drawn.table);
  await expectAccessibleInEveryLook(page, "Data, choosing columns");
  await data.importDataset(drawn.images, drawn.table);
  await expectAccessibleInEveryLook(page, "Data, imported");
  await data.goTo("Plan");
  await expectAccessibleInEveryLook(page, "Plan");
  const plan = new PlanPage(page);
  await plan.openAdvanced();
  await plan.chooseTransforms("Suggested");
  await expectAccessibleInEveryLook(page, "Plan, training settings with a preview of augmentation");
});
