/**
 * Reads from the words of an outcome's value whether it says that something is present or absent,
 * such as "dead", "no pneumonia" or "COVID-19 negativ".
 */
import { absentWords, foldedText, negations, pairs, presentWords } from "./outcome-words";

export interface Meaning {
  /** Above 0: present, an illness, a bad course. Below 0: absent, health. 0: not known. */
  score: number;
  /** The value is present only because it negates a word for absence, such as "not discharged". */
  negatesAbsence: boolean;
}

/** The meaning of each of two values. Each is read beside the other. */
export function meaningsOf(a: string, b: string): [Meaning, Meaning] {
  const [wordsA, wordsB] = [outcomeWordsOf(a), outcomeWordsOf(b)];
  for (const [absent, present] of pairs) {
    if (isWord(wordsA, absent) && isWord(wordsB, present)) return [plainMeaning(-1), plainMeaning(1)];
    if (isWord(wordsA, present) && isWord(wordsB, absent)) return [plainMeaning(1), plainMeaning(-1)];
  }
  return [meaningOf(wordsA, wordsB), meaningOf(wordsB, wordsA)];
}

const plainMeaning = (score: number): Meaning => ({ score, negatesAbsence: false });
const isWord = (words: readonly string[], word: string) => words.length === 1 && words[0] === word;

/** A code before the word, as REDCap and SPSS write it: "1 = dead", "0, alive", "2 - severe". */
const leadingCode = /^\d+\s*[=:),.-]\s*(?=\p{L})/u;

function outcomeWordsOf(value: string): string[] {
  const plain = foldedText(value.trim().replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2"))
    .replace(leadingCode, "")
    .replace(/n['’]t\b/g, " not")
    .replace(/\bnon[ _-](?=surviv)/g, "non")
    .replace(/\bw\/o\b/g, "without")
    .replace(/(?<=.)\s*\(?\+\)?$/, " positive")
    .replace(/(?<=\p{L}|\d)\s*(\(-\)|-)$/u, " negative")
    // Chinese and Japanese write no spaces around their words for "no" and "with".
    .replace(/^(没有|沒有|[无無非未有])(?=\p{Script=Han}|\p{Script=Katakana})/u, "$1 ")
    .replace(/(?<=.)(なし|無し|あり|有り)$/, " $1");
  return plain.split(/[^\p{L}\p{N}+]+/u).filter((word) => word !== "");
}

/** @param beside words of the other value, which show what "nonsmoker" is made of */
function meaningOf(words: readonly string[], beside: readonly string[]): Meaning {
  let [score, negated, open] = [0, false, false];
  let negatesAbsence = false;
  for (const word of words) {
    if (negations.has(word)) {
      [negated, open] = [true, true];
      continue;
    }
    const glued = /^non(?=\p{L})/u.test(word) && !signOf(word);
    const sign = signOf(word) || (glued ? -(signOf(word.slice(3)) || Number(beside.includes(word.slice(3)))) : 0);
    if (sign === 0) continue;
    score += negated ? -sign : sign;
    negatesAbsence ||= (negated || glued) && (negated ? -sign : sign) > 0;
    open = false;
  }
  // No known word follows the negation: it negates what precedes it ("überlebt nicht"), or the
  // whole value ("no pneumonia").
  if (open && score !== 0) return { score: -score, negatesAbsence: score < 0 };
  return { score: open ? -1 : score, negatesAbsence };
}

function signOf(word: string): number {
  return Number(presentWords.has(word)) - Number(absentWords.has(word));
}
