/**
 * Checks what the tests of all methods do not cover for visual prompts. tools/reference compares
 * the numbers with PyTorch.
 */
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../base/prng";
import { plainFeature } from "../../backbone/features";
import { gradients } from "../../graph/autodiff";
import { Builder } from "../../graph/builder";
import { interpret } from "../../graph/interpret";
import { sizeOf, type Tensor, tensor } from "../../graph/tensor";
import { topological } from "../../graph/value";
import { completeMethod } from "../../index";
import type { FeatureKind } from "../../types";
import { adapt, leaf } from "../adapt";
import { backbones, kinds } from "../testing";

const BATCH = 2;
const vits = backbones.filter(({ name }) => kinds[name] === "vit");
const variants = vits.flatMap(({ name, model }) =>
  [false, true].map((deep) => ({ name, model, deep, title: `${deep ? "deep" : "shallow"} on ${name}` })),
);
type Variant = (typeof variants)[number];

/** The feature with and without prompts, and numbers for the prompts and the images. */
function prompted({ model, deep }: Variant, feature: FeatureKind = "auto") {
  const method = { id: "vpt", config: completeMethod("vpt", { deep, prompts: 3 }).config };
  const { bound, plain } = plainFeature({ model, batch: BATCH, feature });
  const { trainables, feature: changed } = adapt(method, plain, bound);
  const prng = createPrng(4, "images and prompts");
  const values = new Map(
    [bound.input, ...trainables.map((t) => t.leaf)].map((v): [typeof v, Tensor] => [
      v,
      tensor(
        v.shape,
        Float32Array.from({ length: sizeOf(v.shape) }, () => prng.normal()),
      ),
    ]),
  );
  return { plain, changed, trainables, values };
}

describe.each(variants)("$title", (variant) => {
  test("gradients are those of finite differences", () => {
    const { changed, trainables, values } = prompted(variant);
    const b = new Builder();
    const weights = leaf(changed.shape, "weights");
    values.set(
      weights,
      tensor(
        weights.shape,
        Float32Array.from({ length: sizeOf(weights.shape) }, (_, i) => Math.sin(i)),
      ),
    );
    const loss = b.reshape(b.sum(b.mul(changed, weights), [0, 1]), []);
    const leaves = trainables.map((t) => t.leaf);
    const got = interpret(
      gradients(b, loss, leaves).map((g) => g!),
      values,
    );
    const lossAt = (v: (typeof leaves)[number], i: number, step: number) => {
      const moved = Float32Array.from(values.get(v)!.data);
      moved[i] += step;
      return interpret([loss], new Map(values).set(v, tensor(v.shape, moved)))[0].data[0];
    };
    const scale = Math.max(...got.flatMap((g) => Array.from(g.data, Math.abs)));
    leaves.forEach((v, k) => {
      for (let i = 0; i < sizeOf(v.shape); i += 7) {
        const slope = (lossAt(v, i, 1e-2) - lossAt(v, i, -1e-2)) / 2e-2;
        expect(Math.abs(slope - got[k].data[i]) / scale).toBeLessThan(5e-3);
      }
    });
  });

  test("a mean of patches holds no prompt", () => {
    // Where the file outputs tokens, prompts must not change which tokens are averaged.
    const { plain, changed } = prompted(variant, variant.name === "clip-lora" ? "mean" : "auto");
    const sums = (v: typeof plain) => topological([v]).filter((x) => x.op === "ReduceSum");
    expect(sums(changed).map((v) => v.inputs[0].shape)).toEqual(sums(plain).map((v) => v.inputs[0].shape));
    expect(changed.shape).toEqual(plain.shape);
  });
});

test("deep prompts leave the tokens their number: nothing but keys and values grows", () => {
  const { plain, changed } = prompted(variants.find((v) => v.deep)!);
  const softmaxes = (v: typeof plain) => topological([v]).flatMap((x) => (x.op === "Softmax" ? [x.shape] : []));
  expect(softmaxes(changed)).toEqual(softmaxes(plain).map(([...s]) => [...s.slice(0, -1), s.at(-1)! + 3]));
});
