/**
 * Measures one kind of work on all contestants: opens them, compares each with the first, then
 * times them in turns.
 */
import type { Work } from "./contestant";
import type { ContestantHost, Opened } from "./host";
import type { ContestantRow } from "./report";
import { relativeDifference } from "./statistics";
import type { Network } from "./vit";

export interface Limits {
  /** Maximum number of repetitions of each contestant. */
  rounds: number;
  /** Time after which a contestant is not repeated, seconds. It is timed at least once. */
  seconds: number;
}

export interface Entrant {
  name: string;
  host: ContestantHost;
}

/** @returns the largest relative difference of all results, and which it is */
function compareResults(own: Opened, first: Opened): { difference: number; where: string } {
  let worst = { difference: relativeDifference(own.losses, first.losses), where: "loss" };
  for (const [name, wanted] of Object.entries(first.results)) {
    const difference = relativeDifference(own.results[name] ?? [], wanted);
    if (difference > worst.difference) worst = { difference, where: name };
  }
  return worst;
}

/**
 * Contestants take turns, so that other load of the machine affects all of them alike. A contestant
 * that fails gets a row with its error.
 *
 * @param say reports progress to people
 */
export async function measureWork(
  entrants: readonly Entrant[],
  net: Network,
  work: Work,
  limits: Limits,
  say: (line: string) => void,
): Promise<ContestantRow[]> {
  const rows: ContestantRow[] = [];
  const running: { row: ContestantRow; host: ContestantHost; opened: Opened; spent: number }[] = [];
  for (const { name, host } of entrants) {
    const row: ContestantRow = { name, label: name, ms: [], submitMs: [] };
    try {
      const opened = await host.open(net, work);
      if (!opened) continue;
      Object.assign(row, { label: opened.label, firstMs: opened.firstMs });
      running.push({ row, host, opened, spent: 0 });
      say(`  ${opened.label}: first ${work} ${(opened.firstMs / 1000).toFixed(1)} s`);
    } catch (error) {
      row.error = failureText(error);
      say(`  ${name}: ${row.error}`);
    }
    rows.push(row);
  }
  for (let round = 0; round < limits.rounds; round++) {
    for (const one of running) {
      if (one.row.error || (round > 0 && one.spent > 1000 * limits.seconds)) continue;
      try {
        const { ms, submitMs, loss } = await one.host.time();
        one.spent += ms;
        one.row.ms.push(ms);
        if (submitMs !== undefined) one.row.submitMs.push(submitMs);
        // The loss of the second step shows whether the update was the same.
        if (round === 0 && loss !== undefined) one.opened.losses.push(loss);
      } catch (error) {
        one.row.error = failureText(error);
      }
    }
  }
  for (const { row, host, opened } of running) {
    row.difference = compareResults(opened, running[0].opened);
    row.peakBytes = await host.peakBytes().catch(() => undefined);
    await host.close().catch(() => undefined);
  }
  return rows;
}

const failureText = (error: unknown) =>
  String(error instanceof Error ? error.message : error)
    .replace(/^page\.evaluate: /, "")
    .split("\n")
    .slice(0, 3)
    .join(" ")
    .slice(0, 300);
