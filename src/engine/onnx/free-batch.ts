/**
 * Writes a graph for any number of images from builds of it at several batch sizes. The same code
 * writes the operators of each build, so only integers and repeated constants differ. An integer
 * must be a·batch + b over all builds, and a constant must repeat along its batch axis. The file
 * then computes both from the batch of the image. The first two builds suggest a and b, and the
 * others check them.
 */
import { RadaptError } from "../../base/error";
import { dataIdentity } from "../graph/lazy-tensor";
import { sameShape, sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { OnnxAttr, OnnxEmitter } from "../ops/define";
import type { Emitter } from "./emitter";

type Call =
  | {
      kind: "node";
      outputs: number;
      opType: string;
      inputs: readonly string[];
      attrs: Readonly<Record<string, OnnxAttr>>;
    }
  | { kind: "floats"; value: Tensor }
  | { kind: "ints"; values: readonly number[] };

/** Prefix of names within a recording. No name in a file begins with it. */
const MARK = "\u0000";
const markOf = (call: number, output = 0) => `${MARK}${call}/${output}`;

/** Records what an operator writes instead of writing it. */
export class Recorder implements OnnxEmitter {
  readonly calls: Call[] = [];

  node(opType: string, inputs: readonly string[], attrs: Readonly<Record<string, OnnxAttr>> = {}): string {
    return this.nodeOf(1, opType, inputs, attrs)[0];
  }

  nodeOf(outputs: number, opType: string, inputs: readonly string[], attrs: Readonly<Record<string, OnnxAttr>>) {
    const at = this.calls.push({ kind: "node", outputs, opType, inputs, attrs }) - 1;
    return Array.from({ length: outputs }, (_, k) => markOf(at, k));
  }

  floats(shape: readonly number[], data: ArrayLike<number>): string {
    return markOf(this.calls.push({ kind: "floats", value: tensor(shape, data) }) - 1);
  }

  ints(values: readonly number[]): string {
    return markOf(this.calls.push({ kind: "ints", values }) - 1);
  }
}

/** @param what a clause that completes "the batch cannot be left free: …" */
export function fixedBatchError(what: string): RadaptError {
  return new RadaptError("This model cannot be written for any number of images at once", {
    code: "export.batch",
    expected: "a graph whose shapes grow with the number of images",
    got: what,
    remedy: "It can be written for one image at a time.",
  });
}

/** a·batch + b, element by element. */
interface AffineInBatch {
  a: number[];
  b: number[];
}

const haveEqualLengths = (x: unknown, y: unknown) => JSON.stringify(x) === JSON.stringify(y);

export class FreeBatch {
  /**
   * @param sizes images in each build
   * @param image the input whose first axis is the batch
   */
  constructor(
    private readonly e: Emitter,
    private readonly sizes: readonly number[],
    private readonly image: string,
  ) {}

  /** Writes a constant or weight that every build has. @param write writes one unchanged */
  constant(builds: readonly Tensor[], write: (t: Tensor) => string, what: string): string {
    const [first] = builds;
    if (builds.every((t) => sameShape(t.shape, first.shape))) {
      if (builds.every((t) => sameNumbers(t, first))) return write(first);
      throw fixedBatchError(`${what} holds other numbers for another number of images`);
    }
    return this.repeated(builds, write, what);
  }

  /** Writes the recordings of all builds as one; gives the result's name in the file. */
  replay(builds: readonly (readonly Call[])[], result: string, what: string): string {
    const [first] = builds;
    if (builds.some((calls) => calls.length !== first.length))
      throw fixedBatchError(`${what} is written in other steps`);
    const names = new Map<string, string>();
    const varying = new Map<string, AffineInBatch>();
    const nameOf = (name: string): string => {
      const vector = varying.get(name);
      if (vector) names.set(name, names.get(name) ?? this.affine(vector));
      return names.get(name) ?? name;
    };
    first.forEach((call, at) => {
      const others = builds.map((calls) => calls[at]);
      if (others.some((c) => c.kind !== call.kind)) throw fixedBatchError(`${what} is written in other steps`);
      if (call.kind === "ints") {
        const vector = this.fit(
          others.map((c) => (c as typeof call).values),
          what,
        );
        if (vector) varying.set(markOf(at), vector);
        else names.set(markOf(at), this.e.ints(call.values));
      } else if (call.kind === "floats") {
        const values = others.map((c) => (c as typeof call).value);
        names.set(
          markOf(at),
          this.constant(values, (t) => this.e.floats(t.shape, t.data), what),
        );
      } else {
        const { outputs, opType, attrs } = call;
        const isSame = others.every((c) => c.kind === "node" && haveEqualLengths({ ...c }, { ...call }));
        if (!isSame) throw fixedBatchError(`${what} is written in other steps`);
        const inputs = call.inputs.map((name, k) => {
          const vector = varying.get(name);
          return opType === "Reshape" && k === 1 && vector ? this.reshapeTo(vector) : nameOf(name);
        });
        this.e.nodeOf(outputs, opType, inputs, attrs).forEach((name, k) => names.set(markOf(at, k), name));
      }
    });
    return nameOf(result);
  }

  /** Null if all builds have the same integers. */
  private fit(builds: readonly (readonly number[])[], what: string): AffineInBatch | null {
    const [x, y] = builds;
    if (builds.every((v) => haveEqualLengths(v, x))) return null;
    const [p, q] = this.sizes;
    const a = x.map((v, i) => (y[i] - v) / (q - p));
    const b = x.map((v, i) => v - a[i] * p);
    const fits = builds.every(
      (v, k) => v.length === x.length && v.every((n, i) => Number.isInteger(a[i]) && n === a[i] * this.sizes[k] + b[i]),
    );
    if (!fits) throw fixedBatchError(`${what} has lengths that do not grow evenly with the number of images`);
    return { a, b };
  }

  /** The number of images as a list of one int64. */
  private batch(): string {
    return this.e.node("Shape", [this.image], { start: 0, end: 1 });
  }

  private affine({ a, b }: AffineInBatch): string {
    const scaled = a.every((v) => v === 1) ? this.batch() : this.e.node("Mul", [this.batch(), this.e.ints(a)]);
    return b.every((v) => v === 0) && a.length === 1 ? scaled : this.e.node("Add", [scaled, this.e.ints(b)]);
  }

  /** The runtime infers one length (−1) from the others. */
  private reshapeTo(vector: AffineInBatch): string {
    const open = vector.a.filter((v) => v !== 0).length;
    return open === 1 ? this.e.ints(vector.a.map((v, i) => (v === 0 ? vector.b[i] : -1))) : this.affine(vector);
  }

  /** A constant that repeats one image's share once for each image. */
  private repeated(builds: readonly Tensor[], write: (t: Tensor) => string, what: string): string {
    const [first] = builds;
    const { shape } = first;
    const misfit = () => fixedBatchError(`${what} is not one image's numbers, repeated`);
    const axes = shape.flatMap((d, i) => (builds.some((t) => t.shape[i] !== d) ? [i] : []));
    const [axis] = axes;
    const share = shape[axis] / this.sizes[0];
    const grows = builds.every((t, k) => t.shape.length === shape.length && t.shape[axis] === share * this.sizes[k]);
    if (axes.length !== 1 || !Number.isInteger(share) || !grows) throw misfit();
    const [lead, rest] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const part = share * sizeOf(rest);
    const once = new Float32Array(sizeOf(lead) * part);
    for (let o = 0; o < sizeOf(lead); o++)
      for (let i = 0; i < part; i++) once[o * part + i] = first.data[o * this.sizes[0] * part + i];
    const isRepeated = ({ data }: Tensor, size: number) =>
      data.every((v: number, i: number) => v === once[Math.floor(i / (size * part)) * part + (i % part)]);
    if (!builds.every((t, k) => isRepeated(t, this.sizes[k]))) throw misfit();
    const base = write(tensor([...lead, 1, share, ...rest], once));
    const wide = { a: [...lead.map(() => 0), 1, 0, ...rest.map(() => 0)], b: [...lead, 0, share, ...rest] };
    const spread = this.e.node("Expand", [base, this.affine(wide)]);
    return this.e.node("Reshape", [spread, this.e.ints([...lead, -1, ...rest])]);
  }
}

function sameNumbers(a: Tensor, b: Tensor): boolean {
  if (dataIdentity(a) === dataIdentity(b)) return true;
  const [x, y] = [a.data, b.data];
  return x.every((v: number, i: number) => Object.is(v, y[i]));
}
