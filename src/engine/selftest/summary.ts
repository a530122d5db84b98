/** What the rows of a self-test say: counts, groups, and one plain sentence. */
import { groupBy } from "../../base/group-by";
import type { SelfTestRow } from "./row";

export interface SelfTestSummary {
  checks: number;
  /** Checks that fail or could not be made. */
  failed: number;
  /** Largest relative error of those that gave a number. */
  largestError: number;
  sentence: string;
}

export interface SelfTestGroup {
  what: SelfTestRow["what"];
  name: string;
  count: number;
  failed: number;
  largestError: number;
  tolerance: number;
}

const worstError = (rows: readonly SelfTestRow[]) => rows.reduce((most, { error }) => Math.max(most, error ?? 0), 0);
const isFailed = ({ verdict }: SelfTestRow) => verdict !== "pass";

/** "3.1e-6"; "0" for no error at all. */
export function errorText(error: number | null): string {
  if (error === null) return "not a number";
  return error === 0 ? "0" : error.toExponential(1);
}

export function summarise(rows: readonly SelfTestRow[]): SelfTestSummary {
  const [checks, failed, largestError] = [rows.length, rows.filter(isFailed).length, worstError(rows)];
  const sentence =
    failed === 0
      ? `All ${checks} checks pass on this adapter; largest relative error ${errorText(largestError)}.`
      : `${failed} of ${checks} checks fail: results from this adapter cannot be trusted. Update the graphics driver, or use another browser or computer.`;
  return { checks, failed, largestError, sentence };
}

export function failures(rows: readonly SelfTestRow[]): SelfTestRow[] {
  return rows.filter(isFailed);
}

/**
 * One group for each operator and method, in the order of the rows; the tolerance is the group's
 * largest.
 */
export function groups(rows: readonly SelfTestRow[]): SelfTestGroup[] {
  return [...groupBy(rows, ({ what, name }) => `${what}/${name}`).values()].map((own) => ({
    what: own[0].what,
    name: own[0].name,
    count: own.length,
    failed: own.filter(isFailed).length,
    largestError: worstError(own),
    tolerance: Math.max(...own.map(({ tolerance }) => tolerance)),
  }));
}
