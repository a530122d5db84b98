/** The Results screen: progress of the plan, comparison, charts, details of a row, and exports. */
import { readFile } from "node:fs/promises";
import { type Download, expect, type Locator } from "@playwright/test";
import type { RunRecord } from "../../src/bench/record";
import { Shell } from "./shell";

export class ResultsPage extends Shell {
  get comparison(): Locator {
    return this.page.getByRole("table", { name: "Comparison of methods" });
  }

  chart(title: RegExp | string): Locator {
    return this.page.getByRole("figure", { name: title });
  }

  button(name: "Pause" | "Resume" | "Cancel"): Locator {
    return this.page.getByRole("main").getByRole("button", { name, exact: true });
  }

  /**
   * Waits until all runs of the plan have finished; without `runs`, as many as the screen
   * announces. Returns their number.
   */
  async expectFinished(runs?: number, timeout = 150_000): Promise<number> {
    const line = this.page.getByText(/^Finished: (\d+) of \1 runs/);
    await expect(line).toBeVisible({ timeout });
    const count = Number(/\d+/.exec((await line.textContent()) ?? "")?.[0]);
    if (runs !== undefined) expect(count).toBe(runs);
    return count;
  }

  /** Waits until at least `count` runs of the plan have finished. */
  async expectProgress(count: number, timeout = 90_000): Promise<void> {
    const line = this.page.getByText(/^Running: \d+ of \d+ runs/);
    const done = async () => Number(/: (\d+) of/.exec((await line.textContent()) ?? "")?.[1] ?? 0);
    await expect.poll(done, { timeout }).toBeGreaterThanOrEqual(count);
  }

  /** The records behind the screen, read from the export that a person would use. */
  async exportRecords(): Promise<RunRecord[]> {
    const exported: { records: RunRecord[] } = JSON.parse(await this.export("Results as JSON"));
    return exported.records;
  }

  async export(what: "Results as JSON" | "Predictions as CSV"): Promise<string> {
    await this.page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.getByRole("menuitem", { name: what }).click(),
    ]);
    return readFile(await download.path(), "utf8");
  }

  /** Downloads a file of the first run of the row whose details are open. */
  async downloadOfRun(what: "Download adapter" | "Download model (ONNX)"): Promise<Download> {
    const button = this.page.getByRole("button", { name: what });
    if (!(await button.isVisible())) await this.page.getByText(/^Its \d+ runs?: training curves/).click();
    const [download] = await Promise.all([this.page.waitForEvent("download", { timeout: 60_000 }), button.click()]);
    return download;
  }
}
