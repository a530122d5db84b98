/** What a screen must fulfil in every theme and width: no serious finding of axe, and nothing wider than the window. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./fixtures";

/** Serious and critical findings, as rule, explanation and the start of the elements concerned. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** What fades in is judged once it stands: until then its contrast is that of the moment. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await expect.poll(() => findings(page), what).toEqual([]);
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(overflow, `${what}: px wider than the window`).toBeLessThanOrEqual(0);
}

/** The screen as it stands, in both themes, wide and narrow; it stays dark and narrow. */
export async function expectAccessibleInEveryLook(page: Page, what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await expectAccessible(page, `${what}, ${colorScheme}, ${width} px`);
    }
  }
}
