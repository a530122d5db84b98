/**
 * What a dropout's mask must be beside equal on every device: of the right share, and unlike the
 * next one.
 */
import { expect, test } from "vitest";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { tensor } from "../graph/tensor";
import ".";
import { dropoutKey, KEY_SIZE, seededDropout } from "./seeded-dropout";

const SIZE = 20_000;

/** What becomes of ones. */
function mask(probability: number, { seed = 1, step = 0, place = "a" } = {}): number[] {
  const b = new Builder();
  const [x, key] = [b.input("x", [SIZE]), b.input("key", [KEY_SIZE])];
  const y = seededDropout(b, x, key, probability, place);
  const ones = tensor([SIZE], new Float32Array(SIZE).fill(1));
  const [out] = interpret(
    [y],
    new Map([
      [x, ones],
      [key, tensor([KEY_SIZE], dropoutKey(seed, step))],
    ]),
  );
  return [...out.data];
}

/** Four standard deviations of a share among `count`. */
const spread = (share: number, count: number) => 4 * Math.sqrt((share * (1 - share)) / count);

test.each([0.1, 0.5, 0.9])("with probability %f that share is dropped, and the rest scaled to keep the mean", (p) => {
  const values = mask(p);
  const dropped = values.filter((v) => v === 0).length / SIZE;
  expect(Math.abs(dropped - p)).toBeLessThan(spread(p, SIZE));
  for (const v of values) if (v !== 0) expect(v).toBe(Math.fround(1 / (1 - p)));
});

test("neighbours are dropped independently", () => {
  const values = mask(0.5);
  for (const distance of [1, 2, 64, 768]) {
    const pairs = SIZE - distance;
    const same = values.filter((v, i) => i < pairs && v === values[i + distance]).length / pairs;
    expect(Math.abs(same - 0.5)).toBeLessThan(spread(0.5, pairs));
  }
});

test.each([
  ["another step", { step: 1 }],
  ["another place", { place: "b" }],
  ["another seed", { seed: 2 }],
])("%s draws anew, the same again draws the same", (_, change) => {
  const [first, other] = [mask(0.5), mask(0.5, change)];
  const same = first.filter((v, i) => v === other[i]).length / SIZE;
  expect(Math.abs(same - 0.5)).toBeLessThan(spread(0.5, SIZE));
  expect(mask(0.5, change)).toEqual(other);
});
