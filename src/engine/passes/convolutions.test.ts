/**
 * Convolutions and their gradients give the same numbers as products, in one part or several.
 * Convolutions that would not become faster stay as they are.
 */
import { describe, expect, test } from "vitest";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import type { Value } from "../graph/value";
import { verify } from "../graph/verify";
import { convolveByProducts } from "./convolutions";
import { operatorsOf, randomTensors } from "./testing";

const random = randomTensors(4, "convolutions");

const plain = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
const windows = {
  "3×3": { image: [5, 4, 6, 7], weight: [16, 4, 3, 3], attrs: plain },
  "3×3 in steps of two": { image: [5, 4, 7, 6], weight: [16, 4, 3, 3], attrs: { ...plain, strides: [2, 2] } },
  "2×3, dilated, padded on one side": {
    image: [5, 2, 8, 6],
    weight: [20, 2, 2, 3],
    attrs: { strides: [1, 2], pads: [1, 0, 0, 2], dilations: [2, 1], group: 1 },
  },
  "1×1 in steps of two": {
    image: [5, 3, 6, 6],
    weight: [16, 3, 1, 1],
    attrs: { ...plain, pads: [0, 0, 0, 0], strides: [2, 2] },
  },
};

/** A convolution, and the gradients of a function of it with respect to image and weights. */
function written(image: readonly number[], weight: readonly number[], attrs: Value["attrs"]) {
  const b = new Builder();
  const x = b.input("x", image);
  const w = b.parameter("w", random(weight));
  const y = b.op("Conv", [x, w], attrs);
  const loss = b.reshape(b.sum(b.op("Tanh", [y]), [0, 1, 2, 3]), []);
  const outputs = [y, ...(gradients(b, loss, [x, w]) as Value[])];
  return { outputs, feed: new Map([[x, random(image)]]) };
}

describe.each(Object.entries(windows))("%s", (_, { image, weight, attrs }) => {
  const { outputs, feed } = written(image, weight, attrs);

  test.each([2 ** 25, 1, 12_000])("parts of at most %i bytes", (most) => {
    const products = verify(convolveByProducts(outputs, most), "convolving");
    const ops = operatorsOf(products);
    expect(ops).toContain("Im2col");
    expect(ops).toContain("Col2im");
    expect(ops.filter((op) => op.startsWith("Conv"))).toEqual([]);
    if (most === 1) expect(ops.filter((op) => op === "Col2im")).toHaveLength(image[0]);
    const want = interpret(outputs, feed);
    interpret(products, feed).forEach((got, k) => {
      const numbers = Array.from(want[k].data);
      const scale = Math.max(...numbers.map(Math.abs));
      expect(got.shape).toEqual(want[k].shape);
      numbers.forEach((v, i) => void expect(Math.abs(got.data[i] - v) / scale).toBeLessThan(1e-5));
    });
  });
});

test("the backward pass makes its own columns", () => {
  const { image, weight, attrs } = windows["3×3"];
  const products = convolveByProducts(written(image, weight, attrs).outputs);
  expect(operatorsOf(products).filter((op) => op === "Im2col")).toHaveLength(2);
});

const leftAlone = {
  "each channel by itself": { image: [2, 16, 5, 5], weight: [16, 1, 3, 3], attrs: { ...plain, group: 16 } },
  "a result of few channels": { image: [2, 4, 5, 5], weight: [8, 4, 3, 3], attrs: plain },
  "an image whose columns are too large": { image: [1, 64, 512, 512], weight: [16, 64, 3, 3], attrs: plain },
};

test.each(Object.entries(leftAlone))("%s is left alone", (_, { image, weight, attrs }) => {
  const b = new Builder();
  const y = b.op("Conv", [b.input("x", image), b.input("w", weight)], attrs);
  expect(convolveByProducts([y])).toEqual([y]);
});
