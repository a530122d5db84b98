/**
 * A trainer: a training graph on a device, with padding of small batches and names for what comes
 * out.
 */
import { createPrng } from "../../base/prng";
import { countOf, HEAD_BIAS, HEAD_WEIGHT, mismatch, readLeaf, type Trainable, toNamed } from "../adapters/adapt";
import { sizeOf } from "../graph/tensor";
import { withFrozen } from "../memory";
import { dropoutKey } from "../ops/seeded-dropout";
import type { NamedTensor, Trainer, TrainerInput, TrainerOptions } from "../types";
import type { Device, InferenceProgram, MicroBatch, TrainingProgram } from "./device";
import { encoderOf, type TrainingGraph } from "./graph";
import { planOf } from "./plan";

/** Rows [from, from + batch) of per-image data, zero-padded to a full batch. */
function window(data: Float32Array, from: number, count: number, batch: number, share: number): Float32Array {
  const part = data.subarray(from * share, Math.min(from + batch, count) * share);
  if (part.length === batch * share) return part;
  const padded = new Float32Array(batch * share);
  padded.set(part);
  return padded;
}

/**
 * True when each image decides its own share of every output: tried with two batches that differ in
 * one image. Exporters may put the batch on another axis, where shares cannot be cached.
 */
async function isPerImage(frozen: InferenceProgram, graph: TrainingGraph): Promise<boolean> {
  const share = sizeOf(graph.image.shape) / graph.batch;
  if (graph.batch === 1) return true;
  const prng = createPrng(1, "per-image");
  const images = Float32Array.from({ length: share * graph.batch }, () => prng.normal());
  const before = await frozen.run(images);
  const changed = images.slice();
  for (let i = 0; i < share; i++) changed[i] = prng.normal();
  const after = await frozen.run(changed);
  return before.every((data, k) => {
    const own = data.length / graph.batch;
    for (let i = own; i < data.length; i++) if (data[i] !== after[k][i]) return false;
    return true;
  });
}

class EngineTrainer implements Trainer {
  readonly inputs: TrainerInput[];
  readonly trainables: Trainer["trainables"];
  readonly trainableParameters: number;
  private mean: Float32Array;
  private rstd: Float32Array;
  /** Never changed by training, so kept here. */
  private buffers: Float32Array[] = [];
  /** Passes since the trainables were set: with the seed, what dropout draws by. */
  private passes = 0;

  constructor(
    private readonly graph: TrainingGraph,
    private readonly program: TrainingProgram,
    private frozen: InferenceProgram | null,
    private readonly openFrozen: () => Promise<InferenceProgram>,
    private seed: number,
    /** Images that a step may have. */
    private readonly most: number,
  ) {
    this.inputs = graph.inputs.map((v) => ({ name: v.name!, shape: shareOf(v.shape, graph.batch) }));
    this.trainables = graph.trainables.map(({ name, shape, group }) => ({ name, shape: [...shape], group }));
    this.trainableParameters = countOf(graph.trainables);
    this.mean = new Float32Array(graph.featureWidth);
    this.rstd = new Float32Array(graph.featureWidth).fill(1);
    this.reset(seed);
  }

  get cut(): boolean {
    return this.graph.frozen !== null;
  }

  get cutAtFeatures(): boolean {
    return this.graph.cutAtFeatures;
  }

  get featureWidth(): number {
    return this.graph.featureWidth;
  }

  get bytes(): Trainer["bytes"] {
    return withFrozen(this.program.bytes, this.frozen?.bytes);
  }

  reset(seed: number): void {
    this.seed = seed;
    const { trainables, buffers } = this.graph;
    const initial = (list: readonly Trainable[]) => list.map((t) => this.initial(t));
    this.write(initial(trainables), initial(buffers));
  }

  private write(trainables: Float32Array[], buffers: Float32Array[]): void {
    this.program.write(trainables, true);
    this.program.writeBuffers(buffers);
    this.buffers = buffers;
    this.passes = 0;
    this.setStandardization(new Float32Array(this.featureWidth), new Float32Array(this.featureWidth).fill(1));
    if (this.graph.adjustment) this.setLogitAdjustment(new Float32Array(this.graph.classes));
  }

  setStandardization(mean: Float32Array, std: Float32Array): void {
    this.mean = mean.slice();
    this.rstd = std.map((s) => 1 / s);
    this.program.setPersistentInputs(
      new Map([
        [this.graph.mean, this.mean],
        [this.graph.rstd, this.rstd],
      ]),
    );
  }

  setLogitAdjustment(values: Float32Array): void {
    const { adjustment, classes } = this.graph;
    if (!adjustment) throw new RangeError("this trainer's loss adjusts no logits");
    if (values.length !== classes) throw new RangeError(`${values.length} adjustments for ${classes} classes`);
    this.program.setPersistentInputs(new Map([[adjustment, values]]));
  }

  async encode(images: Float32Array, count: number): Promise<Float32Array[]> {
    const { batch } = this.graph;
    if (!this.graph.frozen) return [images];
    this.frozen ??= await this.openFrozen();
    const { frozen } = this;
    const out = this.inputs.map((input) => new Float32Array(count * sizeOf(input.shape)));
    const share = sizeOf(this.graph.image.shape) / batch;
    for (let from = 0; from < count; from += batch) {
      const results = await frozen.run(window(images, from, count, batch, share));
      results.forEach((data, k) => {
        const own = data.length / batch;
        out[k].set(data.subarray(0, Math.min(batch, count - from) * own), from * own);
      });
    }
    return out;
  }

  step(data: Parameters<Trainer["step"]>[0], lr: { adapter: number; head: number }): void {
    const { batch, classes } = this.graph;
    const count = data.weights.length;
    if (count > this.most) throw new RangeError(`a step takes at most ${this.most} images, got ${count}`);
    const part = (from: number): MicroBatch => ({
      inputs: this.inputs.map((input, k) => window(data.inputs[k], from, count, batch, sizeOf(input.shape))),
      targets: window(data.targets, from, count, batch, classes),
      weights: window(data.weights, from, count, batch, 1),
      key: dropoutKey(this.seed, this.passes++),
    });
    const passes = Math.max(1, Math.ceil(count / batch));
    this.program.step(
      Array.from({ length: passes }, (_, k) => part(k * batch)),
      lr,
    );
  }

  losses(): Promise<Float32Array> {
    return this.program.losses();
  }

  async overflows(): Promise<number> {
    return (await this.program.overflows?.()) ?? 0;
  }

  async gradients(): Promise<NamedTensor[]> {
    return named(this.graph.trainables, await this.program.readGradients());
  }

  async predict(inputs: Float32Array[], count: number): Promise<Float32Array> {
    const { batch, classes } = this.graph;
    const out = new Float32Array(count * classes);
    for (let from = 0; from < count; from += batch) {
      const logits = await this.program.predict(
        this.inputs.map((input, k) => window(inputs[k], from, count, batch, sizeOf(input.shape))),
      );
      out.set(logits.subarray(0, Math.min(batch, count - from) * classes), from * classes);
    }
    return out;
  }

  snapshot(): void {
    this.program.snapshot();
  }

  restore(): void {
    this.program.restore();
  }

  async exportTrainables(): Promise<NamedTensor[]> {
    const { trainables, buffers } = this.graph;
    const tensors = [...named(trainables, await this.program.read()), ...named(buffers, this.buffers)];
    const weight = tensors.find((t) => t.name === HEAD_WEIGHT)!;
    const bias = tensors.find((t) => t.name === HEAD_BIAS)!;
    // W·((f − μ)·ρ) + b = (W·ρ)·f + (b − (W·ρ)·μ)
    for (let c = 0; c < this.graph.classes; c++) {
      for (let d = 0; d < this.featureWidth; d++) {
        const at = c * this.featureWidth + d;
        weight.data[at] *= this.rstd[d];
        bias.data[c] -= weight.data[at] * this.mean[d];
      }
    }
    return tensors;
  }

  importTrainables(tensors: NamedTensor[], { partial = false } = {}): void {
    const byName = new Map(tensors.map((t) => [t.name, t]));
    const { trainables, buffers } = this.graph;
    const own = new Set([...trainables, ...buffers].map((t) => t.name));
    const stranger = tensors.find((t) => !own.has(t.name));
    if (stranger)
      throw mismatch(stranger.name, "a name among this method's tensors", "a tensor that the method does not have");
    const value = (t: Trainable) => (partial && !byName.has(t.name) ? this.initial(t) : readLeaf(t, byName));
    this.write(trainables.map(value), buffers.map(value));
  }

  idle(): Promise<void> {
    return this.program.idle();
  }

  dispose(): void {
    this.program.dispose();
    this.frozen?.dispose();
  }

  private initial(t: Trainable): Float32Array {
    return t.initial(createPrng(this.seed, `init/${t.name}`));
  }
}

function named(list: readonly Trainable[], values: readonly Float32Array[]): NamedTensor[] {
  return list.map((t, i) => ({ name: t.name, shape: [...t.shape], data: toNamed(t, values[i]) }));
}

/** Shape of one image's share of a batch tensor: the first axis divided by the batch. */
function shareOf(shape: readonly number[], batch: number): number[] {
  return shape[0] === batch ? shape.slice(1) : [sizeOf(shape) / batch];
}

/**
 * Compiles a backbone with a method for a device.
 *
 * @throws RadaptError for methods that find no layer, models without a usable feature, and devices
 *   without memory for it; the signal's reason when aborted
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const device = options.device as Device;
  const { signal, onProgress } = options;
  let { program: planned } = planOf(options);
  const openFrozen = () => device.createInferenceProgram(planned.graph.image, planned.graph.frozen!, signal);
  // A probe's backbone is only compiled when it is asked to encode.
  let frozen = encoderOf(planned.graph) ? await openFrozen() : null;
  if (frozen && !(await isPerImage(frozen, planned.graph))) {
    frozen.dispose();
    frozen = null;
    planned = planOf({ ...options, cutFrozen: false, plan: undefined }).program;
  }
  const program = await device.createTrainingProgram(planned, { onProgress, signal }).catch((error: unknown) => {
    frozen?.dispose();
    throw error;
  });
  return new EngineTrainer(planned.graph, program, frozen, openFrozen, options.seed, options.batch);
}
