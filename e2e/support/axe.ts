/**
 * Checks a screen in every theme and width: axe finds nothing serious, and nothing is wider than
 * the window.
 */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./fixtures";

/**
 * Serious and critical findings of axe: the rule, the explanation, and the start of the elements.
 */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/**
 * Waits for animations before it checks, since the contrast of a fading element changes with time.
 */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await expect.poll(() => findings(page), what).toEqual([]);
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(overflow, `${what}: px wider than the window`).toBeLessThanOrEqual(0);
}

/** Checks the current screen in both themes, wide and narrow. Leaves it dark and narrow. */
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
