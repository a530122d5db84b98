/** The Results screen: progress of the plan, the comparison, charts, what is behind a row, exports. */
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

  /** Waits until every run of the plan has finished; without a number, as many as the plan has. Gives their number. */
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

  /** The records behind the screen, through the export that a person would use. */
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

  /** A file of the first run behind the row that is looked into. */
  async downloadOfRun(what: "Download adapter" | "Download model (ONNX)"): Promise<Download> {
    const button = this.page.getByRole("button", { name: what });
    if (!(await button.isVisible())) await this.page.getByText(/^Its \d+ runs?: training curves/).click();
    const [download] = await Promise.all([this.page.waitForEvent("download", { timeout: 60_000 }), button.click()]);
    return download;
  }
}
