/** Every screen, light and wide, dark and narrow: no serious or critical finding of axe, and nothing wider than the window. */
import { DataPage } from "./pages/data-page";
import { PlanPage } from "./pages/plan-page";
import { expectAccessible } from "./support/axe";
import { drawDataset } from "./support/drawing";
import { test } from "./support/fixtures";

const looks = [
  { theme: "light", width: 1440 },
  { theme: "dark", width: 390 },
] as const;

for (const { theme, width } of looks) {
  test(`every screen, ${theme}, ${width} px`, async ({ page, folder }) => {
    await page.setViewportSize({ width, height: width > 600 ? 900 : 844 });
    await page.emulateMedia({ colorScheme: theme });
    const data = new DataPage(page);
    await data.open();
    await expectAccessible(page, "Data, empty");
    await data.goTo("Plan");
    await expectAccessible(page, "Plan, without data");
    await data.goTo("Results");
    await expectAccessible(page, "Results, empty");
    await data.openTool("Self-test");
    await expectAccessible(page, "Self-test, not run yet");
    await data.openTool("Profile");
    await expectAccessible(page, "Profile, not run yet");
    await data.goTo("Data");
    const drawn = await drawDataset(folder, { patients: 6 });
    await data.openFolder(drawn.images);
    await data.openTable(drawn.table);
    await expectAccessible(page, "Data, choosing columns");
    await data.importDataset(drawn.images, drawn.table);
    await expectAccessible(page, "Data, imported");
    await data.goTo("Plan");
    await expectAccessible(page, "Plan");
    const plan = new PlanPage(page);
    await plan.openAdvanced();
    await plan.chooseTransforms("Suggested");
    await expectAccessible(page, "Plan, training settings with a preview of augmentation");
  });
}
