/** Reads numbers as people and spreadsheets write them. */

/** "1,000" may be a thousand or one with three decimals: such a text is no number here. */
const groupedThousands = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;

/**
 * The number that a text holds, with a decimal point or a decimal comma.
 * @returns undefined if the text is no plain number; exponents and units are none
 */
export function numberIn(text: string): number | undefined {
  const plain = text.trim();
  if (!/^[+-]?(\d+[.,]?\d*|[.,]\d+)$/.test(plain) || groupedThousands.test(plain)) return undefined;
  return Number(plain.replace(",", "."));
}
