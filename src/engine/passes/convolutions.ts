/**
 * Rewrites convolutions and their gradients as matrix products over columns of windows (im2col,
 * `ops/columns.ts`). Matrix products have several kernels, from which the tuner chooses the
 * fastest. The columns are several times as large as the images. To keep them small, the pass
 * handles a few images at a time, and the backward pass computes the columns again.
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import type { Value } from "../graph/value";
import { type Geometry, geometry } from "../ops/conv/geometry";
import { range } from "../ops/define";
import { sliceAxis } from "../ops/slice";

/** Bytes of columns that exist at one time. */
const MAX_PART_BYTES = 2 ** 25;

/** If the columns of one image take more bytes than this, the convolution stays as it is. */
const MAX_IMAGE_BYTES = 2 ** 26;

/** With fewer output channels than this, the columns cost more than the product saves. */
const MIN_CHANNELS = 16;

/**
 * A convolution or one of its gradients. `image` is [B, C, H, W], `weight` is [O, C, KH, KW], and
 * the result is [B, O, OH, OW].
 */
interface Convolution {
  g: Geometry;
  window: Value["attrs"];
  image: readonly number[];
  weight: readonly number[];
}

function convolutionOf({ op, inputs, attrs, shape }: Value): Convolution | null {
  const [first, second] = inputs.map((v) => v.shape);
  const of = (image: readonly number[], weight: readonly number[]): Convolution => ({
    g: geometry(image, weight, attrs),
    image,
    weight,
    window: { strides: attrs.strides, pads: attrs.pads, dilations: attrs.dilations, kernel: weight.slice(2) },
  });
  if (op === "Conv") return of(first, second);
  if (op === "ConvGradInput") return of(shape, second);
  return op === "ConvGradWeight" ? of(first, shape) : null;
}

/**
 * Splits the batch into parts [first image, number of images] whose columns fit together. Returns
 * none where a product would not be faster.
 */
function columnParts({ g }: Convolution, maxPartBytes: number): [first: number, count: number][] {
  const bytes = 4 * g.inChannels * g.kh * g.kw * g.oh * g.ow;
  if (g.group > 1 || g.outChannels < MIN_CHANNELS || bytes > MAX_IMAGE_BYTES) return [];
  const maxImages = Math.max(1, Math.floor(maxPartBytes / bytes));
  return range(Math.ceil(g.batch / maxImages)).map((k) => [
    k * maxImages,
    Math.min(maxImages, g.batch - k * maxImages),
  ]);
}

/**
 * Rewrites the convolutions of a graph.
 *
 * @param maxOfPart bytes of columns that one part may take; a single image may take more
 */
export function convolveByProducts(outputs: readonly Value[], maxPartBytes = MAX_PART_BYTES): Value[] {
  const b = new Builder();
  const rowsOf = new Map<string, Value>();
  /** Some images of [B, O, OH, OW] as rows [O, images·OH·OW]. Both gradients read them. */
  const rows = (y: Value, first: number, count: number): Value => {
    const key = `${y.id} ${first} ${count}`;
    const [, channels, height, width] = y.shape;
    const known = rowsOf.get(key);
    if (known) return known;
    const part = b.reshape(sliceAxis({ b }, y, 0, first, count), [count, channels, height * width]);
    const made = b.reshape(b.transpose(part, [1, 0, 2]), [channels, count * height * width]);
    rowsOf.set(key, made);
    return made;
  };
  const joined = (parts: readonly Value[]) => (parts.length === 1 ? parts[0] : b.op("Concat", parts, { axis: 0 }));
  return rewrite(outputs, b, (old, inputs) => {
    const conv = convolutionOf(old);
    const parts = conv ? columnParts(conv, maxPartBytes) : [];
    if (!conv || parts.length === 0) return;
    b.scope = old.scope;
    const { g, window, image, weight } = conv;
    const [x, y] = inputs;
    const flat = [g.outChannels, g.inChannels * g.kh * g.kw];
    const columns = ([first, count]: [number, number]) =>
      b.op("Im2col", [sliceAxis({ b }, x, 0, first, count)], window);
    if (old.op === "Conv") {
      const made = parts.map((part) => {
        const result = b.reshape(b.matmul(b.reshape(y, flat), columns(part)), [g.outChannels, part[1], g.oh * g.ow]);
        return b.reshape(b.transpose(result, [1, 0, 2]), [part[1], g.outChannels, g.oh, g.ow]);
      });
      return joined(made);
    }
    if (old.op === "ConvGradInput") {
      const made = parts.map(([first, count]) => {
        const gradient = b.matmul(b.reshape(y, flat), rows(x, first, count), true, false);
        return b.op("Col2im", [gradient], { ...window, shape: [count, ...image.slice(1)] });
      });
      return joined(made);
    }
    const made = parts.map((part) => b.matmul(rows(y, ...part), columns(part), false, true));
    return b.reshape(made.reduce(b.add), weight);
  }).outputs;
}
