/**
 * One check of the self-test: what was computed, how far from the reference it is, and whether that
 * is near enough.
 */
import { worstElement } from "../../base/closeness";

export interface SelfTestRow {
  /**
   * An operator's result, a gradient (of an operator, or of a method's first step), or what a
   * method's steps give.
   */
  what: "op" | "method" | "gradient";
  /** Operator type or method id. */
  name: string;
  /** Shapes and attributes of an operator's case, or the stored case and the part of it. */
  case: string;
  /**
   * max |a − b| / (|b| + floor), the floor being what float32 rounding does to the element, divided
   * by the tolerance; null when there is no such number (NaN or infinity came, or nothing did).
   */
  error: number | null;
  tolerance: number;
  verdict: "pass" | "fail" | "error";
  /** The worst element of a failure, or why nothing came. */
  message?: string;
  /** Time taken; rows of one case share the time evenly. */
  ms: number;
}

/** Numbers to compare; `skip` are ranges [from, to) that rounding alone decides. */
export interface Pair {
  /** Names the numbers in a message; "" where the row's own name says enough. */
  label: string;
  got: ArrayLike<number> | undefined;
  want: ArrayLike<number>;
  /** Difference that rounding makes, of each element or of all. */
  atol: number | ArrayLike<number>;
  skip?: readonly (readonly [number, number])[];
}

export type Judgement = Pick<SelfTestRow, "error" | "verdict" | "message">;

function describe({ label, got, want }: Pair, at: number): string {
  const what = label ? `${label}: ` : "";
  if (!got) return `${what}no numbers of that name and shape came`;
  if (at < 0) return `${what}${got.length} numbers came, expected ${want.length}`;
  return `${what}element ${at} is ${short(got[at])}, expected ${short(want[at])}`;
}

const short = (x: number) => String(Number(x.toPrecision(6)));

const compare = ({ got = [], want, atol, skip }: Pair, rtol: number) => worstElement({ got, want, rtol, atol, skip });

/** The worst of the pairs decides. */
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
