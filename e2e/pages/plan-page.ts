/** The Plan screen: backbones, methods, training data, folds, seeds, Start. */
import { expect, type Locator } from "@playwright/test";
import { Shell } from "./shell";

export interface SmallPlan {
  name: string;
  /** Images per class; empty for a plan that trains only on all images. */
  shots: number[];
  full: boolean;
  folds: number;
  epochs: number;
  seeds?: string;
}

export class PlanPage extends Shell {
  get startButton(): Locator {
    return this.page.getByRole("button", { name: "Start", exact: true });
  }

  get estimate(): Locator {
    return this.page.getByTestId("memory-estimate");
  }

  /** Bytes in the table of the shown estimate. */
  async estimated(): Promise<{ parts: number[]; total: number }> {
    const units = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
    const cells = await this.estimate.getByRole("table").getByRole("cell").allTextContents();
    const bytes = cells.map((text) => {
      const [number, unit] = text.split(" ");
      return Number(number) * units[unit as keyof typeof units];
    });
    return { parts: bytes.slice(0, -1), total: bytes[bytes.length - 1] };
  }

  /**
   * Fills the form with the shipped backbone, linear probe and LoRA with their defaults, and the
   * choices of `plan`.
   */
  async write(plan: SmallPlan): Promise<void> {
    await this.chooseShippedBackbone();
    await this.page.getByLabel("Name", { exact: true }).fill(plan.name);
    await this.setChip("All", plan.full);
    for (const shots of [1, 2, 4, 8, 16, 32, 64]) await this.setChip(`${shots} per class`, plan.shots.includes(shots));
    await this.page.getByLabel("Folds", { exact: true }).fill(String(plan.folds));
    await this.page.getByLabel("Seeds", { exact: true }).fill(plan.seeds ?? "0");
    // A method may have a field of its own. The plan's field is the last one.
    const epochs = this.page.getByLabel("Epochs, at most").last();
    if (!(await epochs.isVisible())) await this.openAdvanced();
    await epochs.fill(String(plan.epochs));
  }

  async chooseShippedBackbone(): Promise<void> {
    const shipped = this.page.locator("li.choice", { hasText: "comes with Radapt" }).getByRole("checkbox");
    await expect(shipped).toBeVisible();
    await shipped.setChecked(true);
  }

  async openAdvanced(): Promise<void> {
    await this.page.getByText("Advanced: how training goes").click();
  }

  get augmentPreview(): Locator {
    return this.page.getByTestId("augment-preview");
  }

  /** Chooses a set of transforms and waits for its preview. */
  async chooseTransforms(set: string): Promise<void> {
    await this.page.getByRole("button", { name: set, exact: true }).click();
    await expect(this.augmentPreview.getByRole("img")).toHaveCount(6);
  }

  /** The images of the preview as data URLs, the untransformed one first. */
  previewedImages(): Promise<string[]> {
    return this.augmentPreview
      .locator("canvas")
      .evaluateAll((canvases) => canvases.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  }

  setTransform(name: string, on: boolean): Promise<void> {
    return this.setChip(name, on, "Transforms");
  }

  private async setChip(name: string, on: boolean, group = "Training images"): Promise<void> {
    const chip = this.page.getByRole("group", { name: group }).getByRole("checkbox", { name, exact: true });
    if ((await chip.isChecked()) !== on)
      await this.page.locator(`label[for="${await chip.getAttribute("id")}"]`).click();
  }

  async addMethod(label: string): Promise<void> {
    await this.page.getByRole("button", { name: "Add a method" }).click();
    await this.page.getByRole("menuitem", { name: label, exact: true }).click();
  }

  /** The form of the last method of this name. */
  method(label: string): Locator {
    return this.page.getByRole("group", { name: label, exact: true }).last();
  }

  /** Opens the dialog of a backbone and selects the two files of an adapter. */
  async checkCheckpoint(backbone: RegExp, config: Uint8Array, tensors: Uint8Array): Promise<void> {
    const named = new RegExp(`^Preprocessing of .*${backbone.source}`, backbone.flags);
    await this.page.getByRole("button", { name: named }).click();
    await this.page.getByText("Check a checkpoint against this backbone").click();
    await this.chooseCheckpoint(config, tensors);
  }

  async chooseCheckpoint(config: Uint8Array, tensors: Uint8Array): Promise<void> {
    const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: "", buffer: Buffer.from(bytes) });
    const files = [file("adapter_config.json", config), file("adapter_model.safetensors", tensors)];
    await this.page.getByRole("dialog").locator("input[type=file]").setInputFiles(files);
  }

  async removeMethod(label: string | RegExp): Promise<void> {
    await this.page.getByRole("button", { name: label }).click();
  }

  async expectRuns(count: number): Promise<void> {
    const row = this.page.getByTestId("plan-summary").getByRole("row", { name: /^Runs/ });
    await expect(row.getByRole("cell")).toHaveText(String(count));
  }

  /** Adds a backbone from one or several files. The dialog stays open if Radapt refuses them. */
  async addBackbone(...files: { name: string; bytes: Uint8Array }[]): Promise<void> {
    await this.page.getByRole("button", { name: "Add a backbone" }).click();
    await this.page
      .getByRole("dialog")
      .locator('input[type="file"]')
      .setInputFiles(
        files.map(({ name, bytes }) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) })),
      );
    await this.page.getByRole("button", { name: "Add and check" }).click();
  }
}
