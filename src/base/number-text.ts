/** Numbers as a sentence shows them: a fixed number of decimals and a true minus sign. */

/** E.g. "−0.51". A value that rounds to zero has no sign. */
export function fixedText(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** With its sign, e.g. "+0.123" or "−0.123". */
export const signedText = (value: number, digits = 3): string =>
  `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
