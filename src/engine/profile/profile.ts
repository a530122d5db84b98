/**
 * Measures where a training step spends its time, dispatch by dispatch, and the rate of matrix
 * products that this adapter reaches.
 */
import type { OnProgress } from "../../base/progress";
import type { DispatchTimer, TimedDispatch } from "../devices/gpu/timing";
import { Builder } from "../graph/builder";
import { sizeOf, tensor } from "../graph/tensor";
import type { Device } from "../training/device";
import { planTraining } from "../training/plan";
import { targetsOf } from "../training/targets";
import { createTrainer } from "../training/trainer";
import type { EngineDevice, FeatureKind, MemoryEstimate, MethodSpec, Model } from "../types";
import { total } from "./dispatch-groups";

/** The first repetition warms up. */
const REPETITIONS = 6;

/**
 * A product to time: shapes [batch, rows, columns] or [rows, columns] as stored, and which operand
 * is transposed.
 */
export interface ProductShape {
  a: readonly number[];
  b: readonly number[];
  transA?: boolean;
  transB?: boolean;
}

/**
 * What a small transformer's forward and backward passes multiply (394 = 2 images of 197 tokens).
 */
export const commonProducts: readonly ProductShape[] = [
  { a: [394, 192], b: [192, 768] },
  { a: [394, 768], b: [192, 768], transB: true },
  { a: [394, 768], b: [394, 192], transA: true },
  { a: [788, 768], b: [768, 768] },
  { a: [6, 197, 64], b: [6, 197, 64], transB: true },
  { a: [6, 197, 197], b: [6, 197, 64] },
  { a: [394, 192], b: [8, 192], transB: true },
];

export interface ProductRate {
  /** e.g. "394×768 · 192×768ᵀ". */
  product: string;
  /**
   * Median of a few repetitions after the first, in 10⁹ floating-point operations per second; 0 if
   * the clock is too coarse.
   */
  gflops: number;
}

/** @param device made through the timer's entry point */
export async function productRate(
  device: EngineDevice,
  timer: DispatchTimer,
  shape: ProductShape,
): Promise<ProductRate> {
  const { a, b: right, transA = false, transB = false } = shape;
  const b = new Builder();
  const x = b.input("left", a);
  const w = b.parameter("right", tensor(right, new Float32Array(sizeOf(right)).fill(0.5)));
  const inferenceProgram = await (device as Device).createInferenceProgram(x, [b.matmul(x, w, transA, transB)]);
  const data = new Float32Array(sizeOf(a)).fill(0.25);
  const rates: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    timer.start();
    await inferenceProgram.run(data);
    const { us, flops } = total(await timer.stop());
    if (i > 0) rates.push(us > 0 ? flops / us / 1000 : 0);
  }
  inferenceProgram.dispose();
  const gflops = rates.sort((x, y) => x - y)[Math.floor(rates.length / 2)];
  return { product: `${a.join("×")}${transA ? "ᵀ" : ""} · ${right.join("×")}${transB ? "ᵀ" : ""}`, gflops };
}

export interface StepProfileRequest {
  model: Model;
  /** Made through the timer's entry point. */
  device: EngineDevice;
  timer: DispatchTimer;
  method: MethodSpec;
  batch: number;
  imageSize?: number;
  feature?: FeatureKind;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Times one step on noise, with all layers computed.
 *
 * @returns its dispatches, and the shortest wall time of an untimed step, ms
 * @throws RadaptError `gpu.no-timestamps`; the signal's reason when aborted
 */
export async function profileStep(
  request: StepProfileRequest,
): Promise<{ dispatches: TimedDispatch[]; ms: number; memory: MemoryEstimate }> {
  const { timer, batch, model, signal, onProgress } = request;
  const optimizer = { name: "adamw" } as const;
  const options = { ...request, classes: 2, optimizer, seed: 0, cutFrozen: false, onProgress: undefined } as const;
  const plan = planTraining(options);
  signal?.throwIfAborted();
  const trainer = await createTrainer({
    ...options,
    plan,
    onProgress: (done, total, what) => onProgress?.({ done, total, what }),
  });
  try {
    const [image] = trainer.inputs;
    const pixels = Float32Array.from({ length: batch * sizeOf(image.shape) }, (_, i) => Math.sin(i * model.info.opset));
    const labels = Array.from({ length: batch }, (_, i) => i % 2);
    const step = async (index: number) => {
      signal?.throwIfAborted();
      onProgress?.({ done: index, total: REPETITIONS + 1, what: "timing steps" });
      trainer.step({ inputs: [pixels], ...targetsOf(labels, 2) }, { adapter: 1e-4, head: 1e-4 });
      await trainer.idle();
    };
    await step(0);
    timer.start();
    await step(1);
    const dispatches = await timer.stop();
    let ms = Number.POSITIVE_INFINITY;
    for (let i = 1; i < REPETITIONS; i++) {
      const start = performance.now();
      await step(1 + i);
      ms = Math.min(ms, performance.now() - start);
    }
    return { dispatches, ms, memory: plan.estimate };
  } finally {
    trainer.dispose();
  }
}
