/** Radapt's trainer on WebGPU, or on the processor through onnxruntime-web's WASM. */
import {
  completeMethod,
  createTrainer,
  createWasmDevice,
  createWebGpuDevice,
  type EngineDevice,
  type NamedTensor,
  openModel,
  type Trainer,
  type TuningStore,
  targetsOf,
} from "../../../src/engine/index";
import { createFeatureRuntime } from "../../../src/models/ort";
import { type Check, type Contestant, comparedWeights, type Runner, type Work } from "../contestant";
import { type Arrays, batchOf, classifierOf, loraOf, loraTargets, type Network, optimizer, vitOnnx } from "../vit";

const methodOfWork: Record<Work, { id: string; config: Record<string, unknown> }> = {
  forward: { id: "linear-probe", config: {} },
  lora: { id: "lora", config: { targets: [...loraTargets] } },
  full: { id: "full", config: {} },
};

async function trainerOf(device: EngineDevice, net: Network, work: Work): Promise<Trainer> {
  const { id, config } = methodOfWork[work];
  const settings = work === "lora" ? { ...config, r: net.r, alpha: net.scaling * net.r } : config;
  const { beta1, beta2, eps, weightDecay } = optimizer;
  return createTrainer({
    model: openModel(vitOnnx(net)),
    device,
    classes: net.classes,
    batch: net.batch,
    imageSize: net.image,
    seed: 0,
    method: { id, config: completeMethod(id, settings).config },
    optimizer: { name: "adamw", betas: [beta1, beta2], eps, weightDecay },
    // The frozen part of the linear probe is the forward pass. A training step computes all of its
    // layers.
    cutFrozen: work === "forward",
  });
}

const PEFT_PREFIX = "base_model.model.";
/**
 * Name of a trainable in the network: "head.weight" for the classifier's weights, "….lora_A"
 * without ".weight".
 */
const plainName = (name: string) =>
  name
    .replace(PEFT_PREFIX, "")
    .replace(/^classifier\./, "head.")
    .replace(/(lora_[AB])\.weight$/, "$1");

function forwardRunner(trainer: Trainer, net: Network): Runner {
  const { images } = batchOf(net);
  let last: Float32Array;
  return {
    run: async () => {
      [last] = await trainer.encode(images.data, net.batch);
      return {};
    },
    results: async () => ({ features: last }),
    dispose: () => trainer.dispose(),
  };
}

function stepRunner(trainer: Trainer, net: Network, work: Work): Runner {
  const { images, labels } = batchOf(net);
  const initial: Arrays = { ...classifierOf(net), ...(work === "lora" ? loraOf(net) : {}) };
  const given = trainer.trainables.flatMap(({ name }): NamedTensor[] => {
    const array = initial[plainName(name)];
    return array ? [{ name, ...array }] : [];
  });
  trainer.importTrainables(given, { partial: true });
  const batch = { inputs: [images.data], ...targetsOf(labels, net.classes) };
  const { lr } = optimizer;
  return {
    run: async () => {
      const start = performance.now();
      trainer.step(batch, { adapter: lr, head: lr });
      const submitMs = performance.now() - start;
      const [loss] = await trainer.losses();
      return { loss, submitMs };
    },
    results: async () => {
      const gradients = (await trainer.gradients()).map((g) => ({ ...g, name: plainName(g.name) }));
      const compared = work === "lora" ? gradients : gradients.filter((g) => comparedWeights.includes(g.name));
      return Object.fromEntries(compared.map((g): [string, Float32Array] => [g.name, asStored(g)])) satisfies Check;
    },
    dispose: () => trainer.dispose(),
  };
}

/**
 * Converts a linear layer's weights from PyTorch's (out, in) to the network's (in, out). The head
 * keeps its order.
 */
function asStored({ name, shape, data }: NamedTensor): Float32Array {
  if (shape.length !== 2 || !/\.(attn|mlp)\..*weight$/.test(name)) return data;
  const [rows, columns] = shape;
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
}

/** Opens the network on a device of the engine for one kind of work. */
export async function openRadapt(device: EngineDevice, net: Network, work: Work): Promise<Runner> {
  const trainer = await trainerOf(device, net, work);
  return work === "forward" ? forwardRunner(trainer, net) : stepRunner(trainer, net, work);
}

function contestant(label: string, device: EngineDevice, works: readonly Work[]): Contestant {
  return { label, works, adapter: device.info.label, open: (net, work) => openRadapt(device, net, work) };
}

/**
 * A tuning store that makes each process choose the fastest kernels anew and all at once, as after
 * several starts.
 */
export function freshTuning(): TuningStore {
  const choices = new Map<string, unknown>();
  return {
    budget: Number.POSITIVE_INFINITY,
    get: async (key) => choices.get(key),
    put: async (key, value) => void choices.set(key, value),
  };
}

const processors = () => globalThis.navigator?.hardwareConcurrency ?? 2;

export const loaders = {
  "radapt-webgpu": async () =>
    contestant("Radapt (WebGPU)", await createWebGpuDevice({ tuning: freshTuning() }), ["forward", "lora", "full"]),
  // Its forward pass is onnxruntime's own, which is another contestant.
  "radapt-wasm": async () => {
    const runtime = createFeatureRuntime({ baseUrl: globalThis.location?.origin, threads: processors() });
    return contestant("Radapt (WASM)", createWasmDevice(runtime), ["lora", "full"]);
  },
};
