/**
 * Products of few results and many steps have parts, of whole strips and together all steps; others
 * are added up in one go.
 */
import { expect, test } from "vitest";
import { DEPTH, splitsOf } from "./split-k";

const product = (m: number, n: number, k: number, batches = 1) => ({
  m,
  n,
  batches,
  terms: [{ k, transA: false, transB: false }],
});

test.each([
  ["the gradient of LoRA's A of ViT-S, 16 images", product(8, 384, 3152), 16],
  ["LoRA's A(x) of ViT-S, 4 images", product(788, 8, 384), 4],
  ["a layer of ViT-S", product(788, 384, 384), 1],
  ["scores of attention", product(197, 197, 64, 6), 1],
  ["steps that are no fours", product(8, 384, 394), 1],
  ["few steps", product(8, 8, 64), 1],
])("%s", (_, p, sharing) => {
  const parts = splitsOf(p);
  const [{ k }] = p.terms;
  expect(parts.sharing).toBe(sharing);
  expect(parts.length % DEPTH).toBe(0);
  expect(parts.count).toBeLessThanOrEqual(sharing);
  expect((parts.count - 1) * parts.length).toBeLessThan(k);
  expect(parts.count * parts.length).toBeGreaterThanOrEqual(k);
});

test("a sum of products has no parts", () => {
  const { terms, ...rest } = product(8, 384, 3152);
  expect(splitsOf({ ...rest, terms: [...terms, ...terms] }).sharing).toBe(1);
});
