/** Summarises the rows of a self-test: counts, groups and one plain sentence. */
import { groupBy } from "../../base/group-by";
import type { SelfTestRow } from "./row";

export interface SelfTestSummary {
  checks: number;
  /** Checks that failed or could not run. */
  failed: number;
  /** Largest relative error of the checks that gave a number. */
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

/** An error as text, e.g. "3.1e-6". "0" for no error at all. */
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
 * Groups rows by operator and method, in the order of the rows. The tolerance is the largest one of
 * the group.
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
