/**
 * One check of the self-test: what was computed, how far it is from the reference, and whether that
 * is close enough.
 */
import { worstElement } from "../../base/closeness";

/** The result of one check. */
export interface SelfTestRow {
  /**
   * An operator's result, a gradient (of an operator or of a method's first step), or the results
   * of a method's steps.
   */
  what: "op" | "method" | "gradient";
  /** Operator type or method id. */
  name: string;
  /** Shapes and attributes of an operator's case, or a stored case and the part of it. */
  case: string;
  /**
   * max |a − b| / (|b| + floor), where the floor is the error that float32 rounding causes in the
   * element, divided by the tolerance. null where there is no such number, because a result is
   * missing, NaN or infinite.
   */
  error: number | null;
  tolerance: number;
  verdict: "pass" | "fail" | "error";
  /** The worst element, or why there is no result. */
  message?: string;
  /** Duration in milliseconds. Rows of the same case share it equally. */
  ms: number;
}

/** Numbers to compare. `skip` gives ranges [from, to) of elements that depend on rounding alone. */
export interface Pair {
  /** Names the numbers in a message. "" where the row's name is enough. */
  label: string;
  got: ArrayLike<number> | undefined;
  want: ArrayLike<number>;
  /** Difference that rounding may cause, for each element or for all. */
  atol: number | ArrayLike<number>;
  skip?: readonly (readonly [number, number])[];
}

/** Whether a check passes, and why not. */
export type Judgement = Pick<SelfTestRow, "error" | "verdict" | "message">;

function describe({ label, got, want }: Pair, at: number): string {
  const what = label ? `${label}: ` : "";
  if (!got) return `${what}no numbers of that name and shape came`;
  if (at < 0) return `${what}${got.length} numbers came, expected ${want.length}`;
  return `${what}element ${at} is ${short(got[at])}, expected ${short(want[at])}`;
}

const short = (x: number) => String(Number(x.toPrecision(6)));

const compare = ({ got = [], want, atol, skip }: Pair, rtol: number) => worstElement({ got, want, rtol, atol, skip });

/** Judges a check by its worst pair. */
export function judge(pairs: readonly Pair[], tolerance: number): Judgement {
  let worst = { error: 0, at: -1, pair: pairs[0] };
  for (const pair of pairs) {
    const found = compare(pair, tolerance);
    if (found.error > worst.error) worst = { ...found, pair };
  }
  const error = Number.isFinite(worst.error) ? worst.error : null;
  if (worst.error <= tolerance) return { error, verdict: "pass" };
  return { error, verdict: "fail", message: describe(worst.pair, worst.at) };
}
