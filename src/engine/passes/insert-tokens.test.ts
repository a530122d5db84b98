/**
 * A block for N tokens with p tokens inserted must equal the block that was built for p + N tokens.
 * The pass refuses, by name, a block that cannot take them.
 */
import { assert, describe, expect, test } from "vitest";
import { RadaptError } from "../../base/error";
import { createPrng } from "../../base/prng";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { sizeOf, tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { insertTokens, type TokenRegion } from "./insert-tokens";

const [B, N, D, HEADS, P] = [2, 5, 8, 2, 3];
const SIZE = D / HEADS;

const numbers = (name: string, shape: readonly number[]) => {
  const prng = createPrng(7, name);
  return tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => prng.normal()),
  );
};
const weight = (b: Builder, name: string, shape: readonly number[]) => b.parameter(name, numbers(name, shape));
const part = (b: Builder, x: Value, axis: number, start: number, length: number) =>
  b.op("Slice", [x], {
    starts: x.shape.map((_, i) => (i === axis ? start : 0)),
    steps: x.shape.map(() => 1),
    shape: x.shape.map((d, i) => (i === axis ? length : d)),
  });

/** Changes to q and k before their product, to the scores after it, and to the tokens. */
interface BlockVariant {
  rotate?: (b: Builder, q: Value, prefix: number) => Value;
  scores?: (b: Builder, s: Value) => Value;
  tokens?: (b: Builder, x: Value) => Value;
}

/**
 * Layer norm, fused attention and a residual sum, with shapes for the tokens of x. `prefix` is the
 * number of tokens before the patches.
 */
function block(b: Builder, x: Value, prefix: number, { rotate = (_, q) => q, scores, tokens }: BlockVariant) {
  const [batch, n] = x.shape;
  const normed = b.mul(b.op("Standardize", [x], { eps: 1e-5 }), weight(b, "norm.weight", [D]));
  const qkv = b.linear(normed, weight(b, "qkv.weight", [D, 3 * D]), false);
  const heads = b.transpose(b.reshape(qkv, [batch, n, 3, HEADS, SIZE]), [2, 0, 3, 1, 4]);
  const [q, k, v] = [0, 1, 2].map((i) => b.reshape(part(b, heads, 0, i, 1), [batch * HEADS, n, SIZE]));
  const product = b.matmul(rotate(b, q, prefix), rotate(b, k, prefix), false, true);
  const softmax = b.op("Softmax", [scores ? scores(b, product) : product]);
  const mixed = b.transpose(b.reshape(b.matmul(softmax, v), [batch, HEADS, n, SIZE]), [0, 2, 1, 3]);
  const end = b.add(x, b.linear(b.reshape(mixed, [batch, n, D]), weight(b, "out.weight", [D, D]), false));
  return { end: tokens ? tokens(b, end) : end, softmax };
}

function regionOf(b: Builder, start: Value, end: Value, softmax: Value, batch = B): TokenRegion {
  const inside = new Set(topological([end]).filter((v) => topological([v]).includes(start) && v !== start));
  return { start, added: b.input("added", [batch, P, D]), inside, without: new Map(), softmaxes: [softmax] };
}

/**
 * Tables for the patches only, as rotary position embeddings have, whatever tokens precede them.
 */
const rotatePatches: BlockVariant["rotate"] = (b, q, prefix) => {
  const patches = part(b, q, 1, prefix, q.shape[1] - prefix);
  const turned = b.mul(patches, b.constant(numbers("cos", [N - 1, SIZE])));
  return b.op("Concat", [part(b, q, 1, 0, prefix), turned], { axis: 1 });
};

const possible: Record<string, BlockVariant> = {
  "fused attention": {},
  "positions of the patches alone": { rotate: rotatePatches },
  "scaled scores": { scores: (b, s) => b.scale(s, 0.3) },
  "a normalised query": { rotate: (b, q) => b.div(q, b.op("Sqrt", [b.sum(b.mul(q, q), [2])])) },
};

describe.each(Object.entries(possible))("%s", (_, twist) => {
  test.each([B, N])("is the same as if made for more tokens, in a batch of %i", (batch) => {
    const b = new Builder();
    const x = b.input("x", [batch, N, D]);
    const { end, softmax } = block(b, x, 1, twist);
    const region = regionOf(b, x, end, softmax, batch);
    const outputs = verify(insertTokens(b, [end], [region]), "lengthening");
    const all = b.input("all", [batch, P + N, D]);
    const wanted = part(b, block(b, all, P + 1, twist).end, 1, P, N);
    const [tokens, added] = [numbers("x", x.shape), numbers("added", region.added.shape)];
    const joined = b.op("Concat", [b.constant(added), b.constant(tokens)], { axis: 1 }).data!;
    const [got] = interpret(outputs, new Map([[x, tokens], [region.added, added]])); // biome-ignore format: pairs
    const [want] = interpret([wanted], new Map([[all, joined]]));
    expect(got.shape).toEqual([batch, N, D]);
    got.data.forEach((value, i) => expect(Math.abs(value - want.data[i])).toBeLessThan(1e-5));
  });
});

const impossible: Record<string, { twist: BlockVariant; says: RegExp }> = {
  "a table of biases by place": {
    twist: { scores: (b, s) => b.add(s, b.constant(numbers("bias", [N, N]))) },
    says: /Add.*holds numbers for each token/,
  },
  windows: {
    twist: { tokens: (b, x) => b.transpose(b.reshape(part(b, x, 1, 0, 4), [B, 2, 2, D]), [0, 2, 1, 3]) },
    says: /Reshape.*splits the tokens/,
  },
  "a mean over the tokens": { twist: { tokens: (b, x) => b.add(x, b.sum(x, [1])) }, says: /ReduceSum.*sums over/ },
  "a mixing matrix of the tokens": {
    twist: { tokens: (b, x) => b.matmul(weight(b, "mix.weight", [N, N]), x) },
    says: /MatMul.*stored factor for each/,
  },
  "a convolution": {
    twist: {
      tokens: (b, x) => {
        const map = b.reshape(b.transpose(x, [0, 2, 1]), [B, D, N, 1]);
        const attrs = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
        return b.op("Conv", [map, weight(b, "conv.weight", [D, D, 1, 1])], attrs);
      },
    },
    says: /Conv.*way of its own/,
  },
};

test.each(Object.entries(impossible))("%s cannot take further tokens", (_, { twist, says }) => {
  const b = new Builder();
  b.scope = "blocks.0";
  const x = b.input("x", [B, N, D]);
  const { end, softmax } = block(b, x, 1, twist);
  let thrown: unknown;
  try {
    insertTokens(b, [end], [regionOf(b, x, end, softmax)]);
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof RadaptError);
  expect(thrown.code).toBe("method.backbone");
  expect(thrown.parts.where).toBe("blocks.0");
  expect(thrown.parts.got).toMatch(says);
});
