/** The frame around every screen: steps, theme, queue, status line. */
import { expect, type Page } from "@playwright/test";

export type StepName = "Data" | "Plan" | "Results";
const paths: Record<StepName, string> = { Data: "/#/", Plan: "/#/plan", Results: "/#/results" };

export class Shell {
  constructor(readonly page: Page) {}

  /** Loads the app at one of its steps and waits for that screen. */
  async open(step: StepName = "Data"): Promise<void> {
    await this.page.goto(paths[step]);
    await this.expectStep(step);
  }

  async goTo(step: StepName): Promise<void> {
    await this.page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: step }).click();
    await this.expectStep(step);
  }

  async expectStep(step: StepName): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1, name: step })).toBeVisible();
  }

  /** Opens a screen outside the steps from the menu. */
  async openTool(name: "Self-test" | "Profile"): Promise<void> {
    await this.page.getByRole("button", { name: "More" }).click();
    await this.page.getByRole("menuitem", { name }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  /** Chooses the device that trains, in the status line. */
  async trainOn(choice: "auto" | "webgpu" | "wasm"): Promise<void> {
    const status = this.page.getByRole("contentinfo").getByRole("button").first();
    await expect(status).not.toContainText(/looking/i);
    await status.click();
    await this.page.getByLabel("Train on").selectOption(choice);
    await status.click();
    await expect(this.page.getByLabel("Train on")).toBeHidden();
  }

  async setTheme(theme: "light" | "dark"): Promise<void> {
    const toggle = this.page.getByRole("button", { name: `Switch to ${theme} theme` });
    if (await toggle.isVisible()) await toggle.click();
    await expect(this.page.locator("html")).toHaveAttribute("data-mantine-color-scheme", theme);
  }

  /** The error message on the screen, whatever part of the screen shows it. */
  get alert() {
    return this.page.getByRole("alert");
  }
}
