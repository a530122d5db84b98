/** The Data screen: opens files, chooses columns, imports, and reads the report. */
import { expect, type Locator } from "@playwright/test";
import { Shell } from "./shell";

export class DataPage extends Shell {
  async openFolder(path: string): Promise<void> {
    await this.page.getByLabel("Images folder").setInputFiles(path);
    // The browser lists the folder before it notifies the page.
    await expect(this.page.getByText(/^\d+ images? opened from/)).toBeVisible();
  }

  async openTable(path: string): Promise<void> {
    await this.page.getByLabel("Outcome table (CSV)").setInputFiles(path);
  }

  async choose(column: "Image" | "Outcome" | "Patient", name: string): Promise<void> {
    await this.page.getByRole("combobox", { name: `${column} column` }).selectOption(name);
  }

  get importButton(): Locator {
    return this.page.getByRole("button", { name: "Import", exact: true });
  }

  /** Opens a folder and its table, chooses the columns, and imports. */
  async importDataset(images: string, table: string): Promise<void> {
    await this.openFolder(images);
    await this.openTable(table);
    await this.choose("Image", "file");
    await this.choose("Outcome", "outcome");
    await this.choose("Patient", "patient");
    await this.importButton.click();
    await expect(this.page.getByText(/is stored: \d+ of \d+ rows/)).toBeVisible();
  }

  /** A number of the import report, for example "Matched" → 40. */
  async figure(label: string): Promise<number> {
    const item = this.page
      .locator("dl > div")
      .filter({ has: this.page.locator("dt", { hasText: new RegExp(`^${label}$`) }) });
    return Number(await item.locator("dd").first().textContent());
  }

  async runDemo(): Promise<void> {
    await this.page.getByRole("button", { name: "Run the demo" }).first().click();
  }
}
