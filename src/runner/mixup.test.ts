/** Mixup mixes images and labels by the same shares; the seed decides shares and partners. */
import { expect, test } from "vitest";
import { createPrng } from "../base";
import { drawMix, mixed } from "./mixup";

const images = Float32Array.from({ length: 4 * 6 }, (_, i) => Math.fround(Math.sin(i)));
const labels = Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0);
const partner = [2, 0, 3, 1];

test("a share of 1 gives the clean batch bit by bit, a share of 0 the partners'", () => {
  expect(mixed(images, { share: 1, partner })).toEqual(images);
  expect(mixed(labels, { share: 1, partner })).toEqual(labels);
  const rows = [...mixed(images, { share: 0, partner })];
  partner.forEach(
    (other, i) => void expect(rows.slice(6 * i, 6 * i + 6)).toEqual([...images.subarray(6 * other, 6 * other + 6)]),
  );
});

test("images and classes are mixed by the same shares, which sum to 1", () => {
  expect([...mixed(labels, { share: 0.75, partner })]).toEqual([0.75, 0.25, 0.25, 0.75, 0.25, 0.75, 0.75, 0.25]);
  const got = mixed(images, { share: 0.75, partner });
  expect(got[7]).toBeCloseTo(0.75 * images[7] + 0.25 * images[1], 6);
});

test("partners are a permutation, and the seed decides both", () => {
  const draw = (seed: number) => drawMix(createPrng(seed, "mixup"), 0.4, 9);
  expect(draw(1).partner.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1).share).not.toBe(draw(2).share);
});
