/** Numbers in sentences have a true minus sign, and zero has none. */
import { expect, test } from "vitest";
import { fixedText, signedText } from "./number-text";

test("a negative number has a true minus sign, and what rounds to zero has none", () => {
  expect([-0.514, 0.5, -0.001, 0].map((value) => fixedText(value, 2))).toEqual(["−0.51", "0.50", "0.00", "0.00"]);
  expect([-0.1234, 0.1234].map((value) => signedText(value))).toEqual(["−0.123", "+0.123"]);
});
