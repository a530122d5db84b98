/** Levels, p-values and intervals as the sentences and tables of results show them. */
import { fixedText } from "../base/number-text";

/** E.g. "95 %" or "99.5 %". */
export const levelText = (level: number): string => `${Math.round(level * 1000) / 10} %`;

/** E.g. "p 0.012", or "p < 0.001". */
export const pText = (p: number): string => (p < 0.001 ? "p < 0.001" : `p ${p.toFixed(3)}`);

/** E.g. "0.42 to 1.00", cut at the metric's bounds, which a symmetric interval may pass. */
export function intervalWithin(
  { low, high }: { low: number; high: number },
  [least, most]: readonly [number, number],
): string {
  return `${fixedText(Math.max(least, low), 2)} to ${fixedText(Math.min(most, high), 2)}`;
}
