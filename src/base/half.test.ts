/**
 * Every finite half converts to itself. A number between two halves goes to the nearer one, ties to
 * even.
 */
import { expect, test } from "vitest";
import { numberToHalf } from "./half";
import { halfToNumber } from "./safetensors";

test("all 65,536 halves survive the round trip", () => {
  for (let bits = 0; bits < 65_536; bits++) {
    const value = halfToNumber(bits);
    if (Number.isNaN(value)) expect(halfToNumber(numberToHalf(value))).toBeNaN();
    else expect(numberToHalf(value)).toBe(bits);
  }
});

test("numbers between two halves", () => {
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)];
    expect(numberToHalf(low + (high - low) * 0.25)).toBe(bits);
    expect(numberToHalf(low + (high - low) * 0.75)).toBe(bits + 1);
    expect(numberToHalf((low + high) / 2)).toBe(bits + (bits % 2));
  }
  expect(numberToHalf(65_520)).toBe(0x7c00);
  expect(numberToHalf(1e-9)).toBe(0);
});
