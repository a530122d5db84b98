/** Times the engine and onnxruntime-web side by side on one model: medians over rounds in which each takes its turn. */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createPrng } from "../../src/base";
import {
  completeMethod,
  createTrainer,
  createWasmDevice,
  createWebGpuDevice,
  type EngineDevice,
  openModel,
  type Trainer,
} from "../../src/engine";
import { createFeatureRuntime } from "../../src/models/ort";

export interface MeasureOptions {
  /** Dawn's entry point. */
  gpu: GPU;
  /** An .onnx file; the shipped backbone by default. */
  file?: string;
  /** Images per step. */
  batch: number;
}

const rounds = 12;
const optimizer = { name: "adamw", beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, headL2: 0 } as const;

export async function measure({ gpu, file = shippedModel(), batch }: MeasureOptions): Promise<void> {
  const bytes = new Uint8Array(readFileSync(file));
  const model = openModel(bytes);
  const size = model.info.input.shape[1] || 224;
  const device = await createWebGpuDevice({ gpu });
  const runtime = createFeatureRuntime({ threads: availableParallelism() });
  const session = await runtime.open(bytes, file);
  const images = randomImages(batch, size);
  const processor = createWasmDevice(runtime);
  const trainer = (id: string, cutFrozen: boolean, on = device) =>
    createTrainer({
      model,
      device: on,
      method: { id, config: completeMethod(id, {}).config },
      classes: 2,
      batch,
      imageSize: size,
      optimizer,
      seed: 0,
      cutFrozen,
    });
  const probe = await trainer("linear-probe", true);
  const lora = await trainer("lora", false);
  const loraOnCpu = await trainer("lora", false, processor);
  const contestants: [string, () => Promise<unknown>][] = [
    [`onnxruntime forward: ${runtime.label}`, () => session.run(images, batch, [3, size, size])],
    ["Radapt forward, WebGPU", () => probe.encode(images, batch)],
    ["Radapt LoRA step (forward, backward, AdamW), WebGPU", () => step(lora, images, batch)],
    ["Radapt LoRA step, WASM", () => step(loraOnCpu, images, batch)],
  ];
  console.log(`${file}: ${model.info.parameters.toLocaleString("en")} weights, ${size} px, batch ${batch}`);
  console.log(`WebGPU: ${device.info.label}; ${rounds} rounds in turns\n`);
  report(await inTurns(contestants), batch);
  release([probe, lora, loraOnCpu], device);
}

function shippedModel(): string {
  const folder = join(import.meta.dirname, "../../public/models");
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(".onnx"));
  if (!found) throw new Error(`No .onnx file in ${folder}; name one: npm run bench -- model.onnx`);
  return join(folder, found);
}

function randomImages(count: number, size: number): Float32Array {
  const prng = createPrng(0, "bench");
  return Float32Array.from({ length: count * 3 * size * size }, () => prng.normal());
}

async function step(trainer: Trainer, images: Float32Array, batch: number): Promise<void> {
  const targets = Float32Array.from({ length: batch * 2 }, (_, i) => ((i >> 1) % 2 === i % 2 ? 1 : 0));
  const weights = new Float32Array(batch).fill(1 / batch);
  trainer.step({ inputs: [images], targets, weights }, { adapter: 1e-4, head: 1e-3 });
  await trainer.idle();
}

/** Wall times, ms, by name; the first round warms up and is dropped. */
async function inTurns(contestants: [string, () => Promise<unknown>][]): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(contestants.map(([name]) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of contestants) {
      const start = performance.now();
      await run();
      if (round > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

function report(times: Map<string, number[]>, batch: number): void {
  const width = Math.max(...[...times.keys()].map((name) => name.length));
  console.log(`${"".padEnd(width)}   median ms   lowest   highest   images/s`);
  for (const [name, values] of times) {
    const sorted = [...values].sort((a, b) => a - b);
    const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    const cells = [
      median.toFixed(1).padStart(12),
      sorted[0].toFixed(1).padStart(9),
      sorted.at(-1)?.toFixed(1).padStart(10),
    ];
    console.log(`${name.padEnd(width)}${cells.join("")}${((1000 * batch) / median).toFixed(0).padStart(11)}`);
  }
}

function release(trainers: Trainer[], device: EngineDevice): void {
  for (const trainer of trainers) trainer.dispose();
  device.dispose();
}
