/**
 * The network that every contestant computes: a pre-norm vision transformer (arXiv 2010.11929) with
 * exact GELU. Its numbers come from seeded streams by name, so that contestants in different
 * processes hold the same ones.
 */
import { createPrng } from "../../src/base";
import { float, modelBytes, op, raw, type TestNode } from "../../src/engine/onnx/test-files";

export interface VitSize {
  /** Image height and width, pixels. */
  image: number;
  /** Patch height and width, pixels. */
  patch: number;
  width: number;
  depth: number;
  heads: number;
}

export const vitSizes = {
  micro: { image: 64, patch: 8, width: 64, depth: 4, heads: 2 },
  tiny: { image: 224, patch: 16, width: 192, depth: 12, heads: 3 },
  small: { image: 224, patch: 16, width: 384, depth: 12, heads: 6 },
} as const satisfies Record<string, VitSize>;
export type SizeName = keyof typeof vitSizes;

export interface NamedArray {
  shape: number[];
  data: Float32Array;
}
export type Arrays = Record<string, NamedArray>;

/** The network of one comparison, with its batch size and its training. */
export interface Network extends VitSize {
  batch: number;
  classes: number;
  /** LoRA on q and v: the rank. `scaling` is the factor of the update. */
  r: number;
  scaling: number;
}

export const LN_EPS = 1e-5;
export const networkOf = (size: SizeName, batch: number): Network => ({
  ...vitSizes[size],
  batch,
  classes: 2,
  r: 8,
  scaling: 2,
});

/** Number of tokens, including the class token. */
export const tokensOf = ({ image, patch }: VitSize) => (image / patch) ** 2 + 1;
/** The linear layers of a block: name → (in, out), in multiples of the width. */
const linears = {
  "attn.q": [1, 1],
  "attn.k": [1, 1],
  "attn.v": [1, 1],
  "attn.out": [1, 1],
  "mlp.up": [1, 4],
  "mlp.down": [4, 1],
};
export const loraTargets = ["attn.q", "attn.v"] as const;

function uniformArray(name: string, shape: number[], bound: number, centre = 0): NamedArray {
  const prng = createPrng(0, `bench/${name}`);
  const count = shape.reduce((product, d) => product * d, 1);
  return { shape, data: Float32Array.from({ length: count }, () => centre + (2 * prng.uniform() - 1) * bound) };
}

/** Weights by PyTorch's names. Those of linear layers are (in, out), as exporters store them. */
export function weightsOf(net: VitSize): Arrays {
  const { patch, width } = net;
  const made: [name: string, shape: number[], bound: number, centre?: number][] = [
    ["patch.weight", [width, 3, patch, patch], 1 / Math.sqrt(3 * patch * patch)],
    ["patch.bias", [width], 0.1],
    ["cls_token", [1, 1, width], 0.5],
    ["pos_embed", [1, tokensOf(net), width], 0.5],
  ];
  const norm = (name: string) => made.push([`${name}.weight`, [width], 0.2, 1], [`${name}.bias`, [width], 0.1]);
  for (let block = 0; block < net.depth; block++) {
    const at = `blocks.${block}.`;
    norm(`${at}norm1`);
    norm(`${at}norm2`);
    for (const [name, [from, to]] of Object.entries(linears)) {
      made.push([`${at}${name}.weight`, [from * width, to * width], Math.sqrt(1.5 / (from * width))]);
      made.push([`${at}${name}.bias`, [to * width], 0.1]);
    }
  }
  norm("norm");
  return Object.fromEntries(made.map(([name, ...rest]) => [name, uniformArray(name, ...rest)]));
}

/** The linear classifier on the class token, (out, in) as in PyTorch. */
export const classifierOf = ({ classes, width }: Network): Arrays => ({
  "head.weight": uniformArray("head.weight", [classes, width], 0.2),
  "head.bias": uniformArray("head.bias", [classes], 0.1),
});

/**
 * LoRA's A (r, in) and B (out, r) of each target. Neither is zero, so that the benchmark can
 * compare every gradient.
 */
export function loraOf({ depth, width, r }: Network): Arrays {
  const names = Array.from({ length: depth }, (_, block) => loraTargets.map((target) => `blocks.${block}.${target}`));
  return Object.fromEntries(
    names.flat().flatMap((name) => [
      [`${name}.lora_A`, uniformArray(`${name}.lora_A`, [r, width], 1 / Math.sqrt(width))],
      [`${name}.lora_B`, uniformArray(`${name}.lora_B`, [width, r], 0.05)],
    ]),
  );
}

/** A batch: images [B, 3, S, S] and the class of each. */
export function batchOf({ batch, image, classes }: Network): { images: NamedArray; labels: number[] } {
  const labels = Array.from({ length: batch }, (_, i) => i % classes);
  return { images: uniformArray("images", [batch, 3, image, image], 1.7), labels };
}

/** The settings of AdamW, which all contestants apply to every trainable. */
export const optimizer = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 } as const;

/**
 * Floating-point operations of the forward pass per batch. A multiplication with its addition
 * counts as 2, and only matrix products count.
 */
export function forwardFlops(net: Network): number {
  const { width, patch, depth, batch } = net;
  const tokens = tokensOf(net);
  const block = 24 * tokens * width ** 2 + 4 * tokens ** 2 * width;
  return batch * (depth * block + 2 * (tokens - 1) * 3 * patch ** 2 * width);
}

/**
 * The network as an .onnx file like PyTorch's exporter writes it, with a fixed batch: images [B, 3,
 * S, S] → features [B, D].
 */
export function vitOnnx(net: Network, weights: Arrays = weightsOf(net)): Uint8Array {
  const { batch, image, patch, width, depth, heads } = net;
  const side = image / patch;
  const tokens = tokensOf(net);
  const nodes: TestNode[] = [];
  const ints = new Map<string, number[]>();
  const constants = new Map<string, number>([
    ["/sqrt2", Math.SQRT2],
    ["/one", 1],
    ["/half", 0.5],
    ["/scale", Math.sqrt(heads / width)],
  ]);
  const node = (type: string, inputs: string[], attrs?: TestNode["attrs"], scope = ""): string => {
    const name = `${scope ? `/${scope.replaceAll(".", "/")}` : ""}/${type}_${nodes.length}`;
    nodes.push({ ...op(type, inputs, [`${name}_output_0`], attrs), name });
    return `${name}_output_0`;
  };
  const reshape = (x: string, shape: number[]) => {
    ints.set(`shape ${shape}`, shape);
    return node("Reshape", [x, `shape ${shape}`]);
  };
  const norm = (x: string, name: string) =>
    node("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], { axis: -1, epsilon: float(LN_EPS) }, name);
  const linear = (x: string, name: string) =>
    node("Add", [`${name}.bias`, node("MatMul", [x, `${name}.weight`], {}, name)], {}, name);
  const split = (x: string, perm: number[]) =>
    node("Transpose", [reshape(x, [batch, tokens, heads, width / heads])], { perm });

  const conv = { kernel_shape: [patch, patch], strides: [patch, patch] };
  const patches = reshape(node("Conv", ["pixel_values", "patch.weight", "patch.bias"], conv), [
    batch,
    width,
    side ** 2,
  ]);
  ints.set("cls shape", [batch, 1, width]);
  const cls = node("Expand", ["cls_token", "cls shape"]);
  const embedded = node("Concat", [cls, node("Transpose", [patches], { perm: [0, 2, 1] })], { axis: 1 });
  let x = node("Add", [embedded, "pos_embed"]);
  for (let block = 0; block < depth; block++) {
    const at = `blocks.${block}.`;
    const normed = norm(x, `${at}norm1`);
    const q = split(linear(normed, `${at}attn.q`), [0, 2, 1, 3]);
    const k = split(linear(normed, `${at}attn.k`), [0, 2, 3, 1]);
    const v = split(linear(normed, `${at}attn.v`), [0, 2, 1, 3]);
    const shares = node("Softmax", [node("Mul", [node("MatMul", [q, k]), "/scale"])], { axis: -1 });
    const mixed = node("Transpose", [node("MatMul", [shares, v])], { perm: [0, 2, 1, 3] });
    x = node("Add", [x, linear(reshape(mixed, [batch, tokens, width]), `${at}attn.out`)]);
    const up = linear(norm(x, `${at}norm2`), `${at}mlp.up`);
    const cdf = node("Add", [node("Erf", [node("Div", [up, "/sqrt2"])]), "/one"]);
    const active = node("Mul", [node("Mul", [up, cdf]), "/half"]);
    x = node("Add", [x, linear(active, `${at}mlp.down`)]);
  }
  const normed = norm(x, "norm");
  nodes.push(op("Gather", [normed, "first"], ["features"], { axis: 1 }));
  return modelBytes({
    nodes,
    weights: [
      ...Object.entries(weights).map(([name, { shape, data }]) => raw(name, "f32", shape, data)),
      ...Array.from(constants, ([name, value]) => raw(name, "f32", [], Float32Array.of(value))),
      ...Array.from(ints, ([name, v]) => raw(name, "i64", [v.length], BigInt64Array.from(v, BigInt))),
      raw("first", "i64", [], BigInt64Array.of(0n)),
    ],
    inputs: { pixel_values: [batch, 3, image, image] },
    outputs: { features: [batch, width] },
  });
}
