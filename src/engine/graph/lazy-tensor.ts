/**
 * Tensors whose numbers stay as a file has them and are decoded when they are read, so that a
 * model's weights stand in memory once, however large it is. What was decoded is kept only as long
 * as somebody holds it.
 */
import { type DType, sizeOf, type Tensor } from "./tensor";

export interface NumberSource {
  /** Numbers from index `from` up to `to`, decoded. */
  decode(from: number, to: number): Tensor["data"];
  /** The numbers as little-endian float32, where the file has just that, at any alignment. */
  readonly float32?: Uint8Array;
}

/** What the tensors that differ only in shape share. */
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

/** Below this, decoding at once costs less than keeping account of it. */
const SMALL = 1024;

export function lazyTensor(shape: readonly number[], dtype: DType, source: NumberSource): Tensor {
  const count = sizeOf(shape);
  return count <= SMALL
    ? { shape, dtype, data: source.decode(0, count) }
    : new LazyTensor(shape, dtype, new Numbers(source, count));
}

/** The same numbers under another shape or type of tensor. */
export function withShape(t: Tensor, shape: readonly number[], dtype: DType = t.dtype): Tensor {
  return t instanceof LazyTensor ? new LazyTensor(shape, dtype, t.numbers) : { shape, dtype, data: t.data };
}

/** Equal for tensors that share their numbers. */
export const dataIdentity = (t: Tensor): object => (t instanceof LazyTensor ? t.numbers : t.data);

/** Numbers [from, to) without decoding the others. */
export function numbersOf(t: Tensor, from: number, to: number): Tensor["data"] {
  return t instanceof LazyTensor ? t.numbers.source.decode(from, to) : t.data.subarray(from, to);
}

/**
 * Float32 bytes of a tensor in parts of at most `most` numbers, each with the index of its first.
 */
export function* float32Parts(t: Tensor, most: number): Generator<[index: number, part: Uint8Array | Float32Array]> {
  const count = sizeOf(t.shape);
  const raw = t instanceof LazyTensor ? t.numbers.source.float32 : undefined;
  for (let at = 0; at < count; at += most) {
    const to = Math.min(count, at + most);
    if (raw) yield [at, raw.subarray(4 * at, 4 * to)];
    else {
      const part = numbersOf(t, at, to);
      yield [at, part instanceof Float32Array ? part : Float32Array.from(part)];
    }
  }
}
