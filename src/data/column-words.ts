/** The words of a column's name. */
import { foldedText } from "./outcome-words";

/** "patientID" gives patient and id; letter case, accents and punctuation do not count. */
export function wordsOf(name: string): Set<string> {
  const parted = name.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2");
  return new Set(
    foldedText(parted)
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== ""),
  );
}

/** Whether one of the name's words is in the list, as it is or as a plural. */
export function hasWordOf(name: string, words: ReadonlySet<string>): boolean {
  return [...wordsOf(name)].some((word) => words.has(word) || words.has(word.replace(/s$/, "")));
}
