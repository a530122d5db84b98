/**
 * Convolutions and their gradients as matrix products over columns of windows (`ops/columns.ts`),
 * whose kernels an adapter's fastest is chosen from. The matrix of columns is several times the
 * image: images are taken in as many parts as keep it small, and the backward pass makes it again.
 */
import { Builder } from "../graph/builder";
import { rewrite } from "../graph/rewrite";
import type { Value } from "../graph/value";
import { type Geometry, geometry } from "../ops/conv/geometry";
import { range } from "../ops/define";
import { sliceAxis } from "../ops/slice";

/** Bytes of columns that are made at once. */
const MAX_OF_PART = 2 ** 25;

/** Bytes of columns of one image above which a convolution stays what it is. */
const MAX_OF_IMAGE = 2 ** 26;

/** Channels of the result below which making the columns costs more than the product saves. */
const MIN_CHANNELS = 16;

/**
 * What a convolution or one of its gradients is of: its image [B, C, H, W], weights [O, C, KH, KW]
 * and result [B, O, OH, OW].
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
 * Ranges [first, count) of images whose columns are made together; none where a product does not
 * pay.
 */
function columnParts({ g }: Convolution, maxOfPart: number): [first: number, count: number][] {
  const bytes = 4 * g.inChannels * g.kh * g.kw * g.oh * g.ow;
  if (g.group > 1 || g.outChannels < MIN_CHANNELS || bytes > MAX_OF_IMAGE) return [];
  const most = Math.max(1, Math.floor(maxOfPart / bytes));
  return range(Math.ceil(g.batch / most)).map((k) => [k * most, Math.min(most, g.batch - k * most)]);
}

/** @param maxOfPart bytes of columns that one part may take, unless a single image takes more */
export function convolveByProducts(outputs: readonly Value[], maxOfPart = MAX_OF_PART): Value[] {
  const b = new Builder();
  const rowsOf = new Map<string, Value>();
  /** Images of [B, O, OH, OW] as [O, B·OH·OW]; both gradients read the same. */
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
    const parts = conv ? columnParts(conv, maxOfPart) : [];
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
