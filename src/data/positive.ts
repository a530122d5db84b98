/**
 * Suggests which of two outcome values is the positive one, with the reason in a sentence. The page
 * and the command line show the reason, and a person can choose the other value.
 */
import { numberIn } from "./numbers";
import { type Meaning, meaningsOf } from "./outcome-meaning";

export interface PositiveChoice {
  value: string;
  /** Whole sentences. */
  reason: string;
  /** False: the values do not say which one it is, and a person should confirm the choice. */
  certain: boolean;
}

interface CountedValue {
  value: string;
  count: number;
}

/**
 * Tries in this order: words for presence and absence in common languages with their negations, 0
 * against another number, the larger number, the rarer value, the later one in the alphabet. The
 * last three are not certain.
 * @returns undefined unless there are exactly two values
 */
export function suggestPositive(values: readonly CountedValue[]): PositiveChoice | undefined {
  if (values.length !== 2) return undefined;
  const [a, b] = [...values].sort((x, y) => (x.value.toLowerCase() < y.value.toLowerCase() ? -1 : 1));
  return byNumber(a.value, b.value) ?? byWords(a.value, b.value) ?? byCount(a, b);
}

function byNumber(a: string, b: string): PositiveChoice | undefined {
  const [numberA, numberB] = [numberIn(a), numberIn(b)];
  if (numberA === undefined || numberB === undefined || numberA === numberB) return undefined;
  const [small, large] = numberA < numberB ? [a, b] : [b, a];
  const [least, most] = [Math.min(numberA, numberB), Math.max(numberA, numberB)];
  if (least === 0 || (least === -1 && most === 1)) return choiceOf(large, `${large} beside ${small} stands for yes.`);
  const reason =
    least === 1 && most === 2
      ? "Many tables write yes as 2 beside 1, but some write it as 1."
      : `${large} is the larger of two numbers, which do not say what they stand for.`;
  return choiceOf(large, reason, false);
}

function byWords(a: string, b: string): PositiveChoice | undefined {
  const [meaningA, meaningB] = meaningsOf(a, b);
  if (meaningA.score === meaningB.score) return undefined;
  return meaningA.score > meaningB.score ? wordChoice(a, meaningA, b, meaningB) : wordChoice(b, meaningB, a, meaningA);
}

function wordChoice(value: string, own: Meaning, other: string, opposite: Meaning): PositiveChoice {
  if (own.negatesAbsence) return choiceOf(value, `“${value}” denies that all is well.`, false);
  const absence = `“${other}” says that it is absent or that all is well.`;
  const presence = `“${value}” says that it is present.`;
  return choiceOf(value, opposite.score < 0 ? absence : presence);
}

function byCount(a: CountedValue, b: CountedValue): PositiveChoice {
  const unknown = "The two values do not say which one is positive.";
  if (a.count === b.count) return choiceOf(b.value, `${unknown} They occur equally often.`, false);
  const rarer = a.count < b.count ? a : b;
  return choiceOf(rarer.value, `${unknown} “${rarer.value}” is the rarer one.`, false);
}

function choiceOf(value: string, reason: string, certain = true): PositiveChoice {
  return { value, reason: certain ? reason : `${reason} Please confirm it.`, certain };
}
