/**
 * Tensors that keep their numbers in the file's encoding and decode them when they are read. Memory
 * then holds a large model's weights only once. Decoded numbers stay in memory only while someone
 * holds them.
 */
import { type DType, sizeOf, type Tensor } from "./tensor";

/** Encoded numbers of a tensor. */
export interface NumberSource {
  /** Decodes the numbers [from, to). */
  decode(from: number, to: number): Tensor["data"];
  /**
   * The numbers as little-endian float32 at any alignment, if the file stores them in this form.
   */
  readonly float32?: Uint8Array;
}

/** The numbers that several tensors share, under different shapes. */
class Numbers {
  private decoded: WeakRef<Tensor["data"]> | null = null;

  constructor(
    readonly source: NumberSource,
    readonly count: number,
  ) {}

  all(): Tensor["data"] {
    let data = this.decoded?.deref();
    if (!data) {
      data = this.source.decode(0, this.count);
      this.decoded = new WeakRef(data);
    }
    return data;
  }
}

class LazyTensor implements Tensor {
  declare readonly onnxType?: number;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DType,
    readonly numbers: Numbers,
  ) {}

  get data(): Tensor["data"] {
    return this.numbers.all();
  }
}

/** Up to this many numbers, decoding at once costs less than a lazy tensor. */
const MAX_EAGER_SIZE = 1024;

/** A tensor that decodes its numbers when `data` is read. A small one is decoded at once. */
export function lazyTensor(shape: readonly number[], dtype: DType, source: NumberSource): Tensor {
  const count = sizeOf(shape);
  return count <= MAX_EAGER_SIZE
    ? { shape, dtype, data: source.decode(0, count) }
    : new LazyTensor(shape, dtype, new Numbers(source, count));
}

/** The same numbers with another shape or element type. */
export function withShape(t: Tensor, shape: readonly number[], dtype: DType = t.dtype): Tensor {
  return t instanceof LazyTensor ? new LazyTensor(shape, dtype, t.numbers) : { shape, dtype, data: t.data };
}

/** An object that is identical for tensors which share their numbers. */
export const dataIdentity = (t: Tensor): object => (t instanceof LazyTensor ? t.numbers : t.data);

/** The numbers [from, to), without decoding the others. */
export function numbersOf(t: Tensor, from: number, to: number): Tensor["data"] {
  return t instanceof LazyTensor ? t.numbers.source.decode(from, to) : t.data.subarray(from, to);
}

/**
 * Splits a tensor into parts of at most `maxPart` numbers. Each part comes with the index of its
 * first number, as numbers or as little-endian bytes of float32.
 */
export function* float32Parts(t: Tensor, maxPart: number): Generator<[index: number, part: Uint8Array | Float32Array]> {
  const count = sizeOf(t.shape);
  const raw = t instanceof LazyTensor ? t.numbers.source.float32 : undefined;
  for (let at = 0; at < count; at += maxPart) {
    const to = Math.min(count, at + maxPart);
    if (raw) yield [at, raw.subarray(4 * at, 4 * to)];
    else {
      const part = numbersOf(t, at, to);
      yield [at, part instanceof Float32Array ? part : Float32Array.from(part)];
    }
  }
}
