/**
 * Checks what must hold of every method, on vision transformers with separate and fused
 * projections, a Swin and a ResNet.
 */
import { readdirSync } from "node:fs";
import { assert, describe, expect, test } from "vitest";
import { RadaptError } from "../../base/error";
import { createPrng } from "../../base/prng";
import { readSafetensors, writeSafetensors } from "../../base/safetensors";
import { interpret } from "../graph/interpret";
import { tensor } from "../graph/tensor";
import { adapters, completeMethod, createCpuDevice, createTrainer } from "../index";
import { buildTrainingGraph } from "../training/graph";
import { runSteps } from "../training/reference-steps";
import { targetsOf } from "../training/targets";
import type { NamedTensor, TrainerOptions } from "../types";
import { HEAD_BIAS, HEAD_WEIGHT } from "./adapt";
import { adapterOf, steppedMethods } from "./index";
import { mergeAdapter } from "./merge";
import { backbones, type Case, cases, kinds, misfits } from "./testing";

const BATCH = 4;
const optimizer = { name: "adamw" as const, weightDecay: 0 };

function options({ model, id, config }: Pick<Case, "model" | "id" | "config">, seed = 1): TrainerOptions {
  const method = { id, config: completeMethod(id, config).config };
  return { model, method, device: createCpuDevice(), classes: 2, batch: BATCH, optimizer, seed };
}

function images({ model }: Case): Float32Array {
  const prng = createPrng(3, "images");
  return Float32Array.from({ length: BATCH * model.info.input.shape.reduce((a, b) => a * b) }, () => prng.normal());
}

/** Trains ten steps at a high learning rate, and returns the losses and what was learnt. */
async function train(c: Case, seed: number) {
  const trainer = await createTrainer(options(c, seed));
  const inputs = await trainer.encode(images(c), BATCH);
  const before = await trainer.exportTrainables();
  const batch = { inputs, ...targetsOf([0, 1, 1, 0], 2) };
  for (let i = 0; i < 10; i++) trainer.step(batch, { adapter: 3e-3, head: 1e-2 });
  const losses = await trainer.losses();
  return { trainer, inputs, losses, before, learnt: await trainer.exportTrainables() };
}

/** Trains each case once for all tests that look at its result. */
const trainings = new Map<Case, ReturnType<typeof train>>();
function trained(c: Case): ReturnType<typeof train> {
  const known = trainings.get(c) ?? train(c, 5);
  trainings.set(c, known);
  return known;
}

const close = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  const scale = Math.max(1, ...Array.from(b, Math.abs));
  for (let i = 0; i < b.length; i++) expect(Math.abs(a[i] - b[i]) / scale).toBeLessThan(1e-5);
};

test("the registry lists every file of methods/", () => {
  const files = readdirSync(new URL("methods", import.meta.url)).filter((name) => !/^index|\.test\.ts$/.test(name));
  expect(files.map((name) => name.replace(".ts", "")).toSorted()).toEqual(adapters.map(({ id }) => id).toSorted());
});

test("lists of methods go from cheap to dear", () => {
  expect(adapters.map(({ id }) => id).join(" ")).toBe(
    "nearest-mean knn tip-adapter linear-probe bitfit ln-tuning ia3 ssf vera lora dora vpt bottleneck last-blocks full",
  );
  expect(new Set(adapters.map(({ order }) => order)).size).toBe(adapters.length);
});

test("there are backbones and methods to try", () => {
  expect(backbones.map((b) => b.name).sort()).toEqual(Object.keys(kinds).sort());
  expect(adapters.map((a) => a.id)).toEqual(expect.arrayContaining(["linear-probe", "lora", "full"]));
  for (const { id } of steppedMethods) expect(cases.filter((c) => c.id === id).length).toBeGreaterThanOrEqual(3);
});

test.each(adapters.filter((def) => !steppedMethods.includes(def)).map(({ id }) => id))(
  "%s, which trains nothing, takes no steps, and says so",
  async (id) => {
    const { model, method, device } = options({ model: backbones[0].model, id, config: {} });
    const pixels = { shape: [1, 3, 16, 16], data: new Float32Array(3 * 16 * 16) };
    const steps = runSteps({
      model,
      method,
      device,
      pixels,
      labels: [0],
      classes: 2,
      optimizer,
      lr: 1,
      steps: 1,
      seed: 0,
    });
    await expect(steps).rejects.toMatchObject({ code: "method.no-steps" });
  },
);

describe.each(cases)("$title", (c) => {
  test("changes nothing at the start, unless it declares that it does", async () => {
    const logits = async (method: Pick<Case, "id" | "config">) => {
      const trainer = await createTrainer(options({ ...c, ...method }));
      const D = trainer.featureWidth;
      const head = [
        { name: HEAD_WEIGHT, shape: [2, D], data: Float32Array.from({ length: 2 * D }, (_, i) => Math.sin(i)) },
        { name: HEAD_BIAS, shape: [2], data: Float32Array.from([0.1, -0.2]) },
      ];
      trainer.importTrainables(head, { partial: true });
      return trainer.predict(await trainer.encode(images(c), BATCH), BATCH);
    };
    const [own, plain] = [await logits(c), await logits({ id: "linear-probe", config: {} })];
    if (!adapterOf(c.id).changesAtStart) return close(own, plain);
    expect(Math.max(...own.map((v, i) => Math.abs(v - plain[i])))).toBeGreaterThan(1e-3);
  });

  test("every trainable has a gradient and a name of its own; nothing else is counted", () => {
    const graph = buildTrainingGraph({ ...options(c) });
    expect(graph.gradients.map((g) => g.shape)).toEqual(graph.trainables.map((t) => t.leaf.shape));
    const names = [...graph.trainables, ...graph.buffers].map((t) => t.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => name.startsWith("base_model."))).toBe(true);
  });

  test("the loss falls, every trainable moves and nothing else, and the same seed gives the same bits", async () => {
    const { losses, before, learnt, trainer } = await trained(c);
    expect(losses[9]).toBeLessThan(losses[0]);
    const own = new Set(trainer.trainables.map((t) => t.name));
    learnt.forEach((t, i) => {
      const moved = t.data.some((v, k) => v !== before[i].data[k]);
      expect([t.name, moved]).toEqual([t.name, own.has(t.name)]);
    });
    expect((await train(c, 5)).learnt).toEqual(learnt);
  });

  test("what was learnt can be saved and loaded bit for bit", async () => {
    const first = await trained(c);
    const { tensors } = readSafetensors(writeSafetensors(first.learnt, { format: "pt" }), "adapter");
    const fresh = await createTrainer(options(c, 99));
    fresh.importTrainables(tensors as NamedTensor[]);
    const want = await first.trainer.predict(first.inputs, BATCH);
    expect(Array.from(await fresh.predict(first.inputs, BATCH))).toEqual(Array.from(want));
    expect(await fresh.exportTrainables()).toEqual(first.learnt);
  });

  test("merged into the backbone's weights it predicts the same, or says that it cannot be", async () => {
    const { trainer, inputs, learnt } = await trained(c);
    if (!adapterOf(c.id).mergeable) return expect(() => mergeAdapter(options(c), learnt)).toThrow("cannot be merged");
    const { image, feature } = mergeAdapter(options(c), learnt);
    const [{ data, shape }] = interpret([feature], new Map([[image, tensor(image.shape, images(c))]]));
    const [weight, bias] = [HEAD_WEIGHT, HEAD_BIAS].map((name) => learnt.find((t) => t.name === name)!.data);
    const logits = Array.from({ length: BATCH * 2 }, (_, k) => {
      const [row, column] = [Math.floor(k / 2) * shape[1], (k % 2) * shape[1]];
      let sum = bias[k % 2];
      for (let d = 0; d < shape[1]; d++) sum += data[row + d] * weight[column + d];
      return sum;
    });
    close(logits, await trainer.predict(inputs, BATCH));
  });

  test("a checkpoint that does not fit is refused, naming the first mismatch", async () => {
    const trainer = await createTrainer(options(c));
    const good = await trainer.exportTrainables();
    const wrong = good.map((t, i) => (i === 0 ? { ...t, shape: [1, 1, 1] } : t));
    expect(() => trainer.importTrainables(wrong)).toThrow(good[0].name);
    for (const left of good) expect(() => trainer.importTrainables(good.filter((t) => t !== left))).toThrow(left.name);
    const stranger = { name: "else", shape: [1], data: new Float32Array(1) };
    expect(() => trainer.importTrainables([...good, stranger])).toThrow("else");
  });
});

describe("on a ResNet", () => {
  const { model } = backbones.find((b) => kinds[b.name] === "cnn")!;
  test.each(["lora", "dora", "ia3", "vera", "bottleneck"])("%s without targets says that it finds no layer", (id) => {
    expect(() => buildTrainingGraph(options({ model, id, config: {} }))).toThrow(
      /^No layer of this backbone matches the method's targets[\s\S]*conv/,
    );
  });

  test("VeRA refuses a convolution by name", () => {
    expect(() => buildTrainingGraph(options({ model, id: "vera", config: { targets: ["conv"] } }))).toThrow("conv1");
  });
});

const refusals = backbones.flatMap(({ name, model }) => misfits[kinds[name]].map((id) => ({ id, name, model })));

test.each(refusals)("$id has no place on $name, and says so", ({ id, model }) => {
  let thrown: unknown;
  try {
    buildTrainingGraph(options({ model, id, config: {} }));
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof RadaptError);
  expect(["method.targets", "method.backbone"]).toContain(thrown.code);
  expect(thrown.parts.remedy).toContain("another method");
  const { needs } = adapterOf(id);
  if (needs) expect(model.info.lacks[needs]).toBe(thrown.parts.got);
});

test("what is dropped depends on the seed, and nothing is dropped in prediction or when it is switched off", async () => {
  const c = cases.find(({ title }) => title.startsWith("lora (dropout"))!;
  const { learnt, trainer, inputs } = await train(c, 5);
  expect(await trainer.predict(inputs, BATCH)).toEqual(await trainer.predict(inputs, BATCH));
  const start = await trainer.exportTrainables();
  const stepped = async (seed: number, dropout: boolean) => {
    const other = await createTrainer({ ...options(c, seed), dropout });
    other.importTrainables(start);
    other.step({ inputs, ...targetsOf([0, 1, 1, 0], 2) }, { adapter: 3e-3, head: 1e-2 });
    return (await other.losses())[0];
  };
  const off = await stepped(1, false);
  expect(await stepped(2, false)).toBe(off);
  expect(await stepped(1, true)).not.toBe(off);
  expect(await stepped(2, true)).not.toBe(await stepped(1, true));
  expect(learnt.length).toBeGreaterThan(2);
});
