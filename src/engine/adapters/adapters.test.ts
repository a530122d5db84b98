/** What must hold of every method, on a vision transformer with separate projections and on one with fused ones. */
import { describe, expect, test } from "vitest";
import { createPrng } from "../../base/prng";
import { adapters, completeMethod, createCpuDevice, createTrainer, methodFromPeftConfig, openModel } from "../index";
import { targetsOf } from "../step";
import { buildTrainingGraph } from "../training-graph";
import type { TrainerOptions } from "../types";

const files = import.meta.glob<string>("../../../tools/reference/fixtures/{clip,timm}-lora/model.onnx", {
  query: "?inline",
  import: "default",
});
const models = await Promise.all(
  Object.entries(files).map(async ([path, load]) => ({
    name: path.split("/").at(-2)!,
    model: openModel(new Uint8Array(await (await fetch(await load())).arrayBuffer()), { imageSize: 32 }),
  })),
);

const BATCH = 4;
const optimizer = { name: "adamw" as const, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, headL2: 0 };
const cases = models.flatMap(({ name, model }) => adapters.map((adapter) => ({ name, model, id: adapter.id })));

function options({ model, id }: (typeof cases)[number], seed = 1): TrainerOptions {
  const method = { id, config: completeMethod(id, {}).config };
  return { model, method, device: createCpuDevice(), classes: 2, batch: BATCH, optimizer, seed };
}

function images(shape: readonly number[]): Float32Array {
  const prng = createPrng(3, "images");
  return Float32Array.from({ length: BATCH * shape.reduce((a, b) => a * b) }, () => prng.normal());
}

/** Ten steps at a lively rate; the losses and what was learnt. */
async function train(c: (typeof cases)[number], seed: number) {
  const trainer = await createTrainer(options(c, seed));
  const inputs = await trainer.encode(images(c.model.info.input.shape), BATCH);
  const batch = { inputs, ...targetsOf([0, 1, 1, 0], 2) };
  for (let i = 0; i < 10; i++) trainer.step(batch, { adapter: 3e-3, head: 1e-2 });
  return { trainer, inputs, losses: await trainer.losses(), learnt: await trainer.exportTrainables() };
}

test("there are models and methods to try", () => {
  expect(models.map((m) => m.name).sort()).toEqual(["clip-lora", "timm-lora"]);
  expect(adapters.map((a) => a.id)).toEqual(expect.arrayContaining(["linear-probe", "lora", "full"]));
});

describe.each(cases)("$id on $name", (c) => {
  test("changes nothing at the start", async () => {
    const head = { shape: [2, 0], data: new Float32Array() };
    const logits = async (id: string) => {
      const trainer = await createTrainer(options({ ...c, id }));
      const D = trainer.featureWidth;
      const weight = Float32Array.from({ length: 2 * D }, (_, i) => Math.sin(i));
      trainer.importTrainables(
        [
          { ...head, name: "base_model.model.classifier.weight", shape: [2, D], data: weight },
          { ...head, name: "base_model.model.classifier.bias", shape: [2], data: Float32Array.from([0.1, -0.2]) },
        ],
        { partial: true },
      );
      return trainer.predict(await trainer.encode(images(c.model.info.input.shape), BATCH), BATCH);
    };
    const [plain, adapted] = [await logits("linear-probe"), await logits(c.id)];
    adapted.forEach((v, i) => expect(Math.abs(v - plain[i])).toBeLessThan(1e-5));
  });

  test("every trainable has a gradient and a name of its own; nothing else is counted", () => {
    const graph = buildTrainingGraph({ ...options(c) });
    expect(graph.gradients.map((g) => g.shape)).toEqual(graph.trainables.map((t) => t.leaf.shape));
    expect(new Set(graph.trainables.map((t) => t.name)).size).toBe(graph.trainables.length);
    expect(graph.trainables.every((t) => t.name.startsWith("base_model.model."))).toBe(true);
  });

  test("the loss falls, the same seed gives the same bits, and what was learnt can be saved and loaded", async () => {
    const first = await train(c, 5);
    expect(first.losses[9]).toBeLessThan(first.losses[0]);
    const again = await train(c, 5);
    expect(again.learnt).toEqual(first.learnt);
    const fresh = await createTrainer(options(c, 99));
    fresh.importTrainables(first.learnt);
    const want = await first.trainer.predict(first.inputs, BATCH);
    expect(Array.from(await fresh.predict(first.inputs, BATCH))).toEqual(Array.from(want));
    expect(await fresh.exportTrainables()).toEqual(first.learnt);
  });

  test("a checkpoint that does not fit is refused, naming the first mismatch", async () => {
    const trainer = await createTrainer(options(c));
    const good = await trainer.exportTrainables();
    const wrong = good.map((t, i) => (i === 0 ? { ...t, shape: [1, 1] } : t));
    expect(() => trainer.importTrainables(wrong)).toThrow(good[0].name);
    expect(() => trainer.importTrainables(good.slice(1))).toThrow(good[0].name);
    expect(() => trainer.importTrainables([...good, { name: "else", shape: [1], data: new Float32Array(1) }])).toThrow(
      "else",
    );
  });
});

test("exact parameter counts of LoRA on q and v of two blocks", async () => {
  const { model } = models.find((m) => m.name === "clip-lora")!;
  const q = model.info.layers.filter((l) => l.role === "attn.q" || l.role === "attn.v");
  expect(q).toHaveLength(4);
  const graph = buildTrainingGraph({ model, method: { id: "lora", config: { r: 4 } }, classes: 2, batch: 1 });
  const counted = graph.trainables
    .filter((t) => t.group === "adapter")
    .reduce((s, t) => s + t.shape[0] * t.shape[1], 0);
  expect(counted).toBe(q.reduce((s, l) => s + 4 * (l.inFeatures + l.outFeatures), 0));
});

test("a PEFT configuration becomes a method; what PEFT does not know is refused", () => {
  const spec = methodFromPeftConfig({ peft_type: "LORA", r: 4, lora_alpha: 1, target_modules: ["q_proj"] });
  expect(spec).toMatchObject({ id: "lora", config: { r: 4, alpha: 1, targets: ["q_proj"] } });
  expect(() => methodFromPeftConfig({ peft_type: "NOPE" })).toThrow("LORA");
  expect(() => completeMethod("lora", { r: 0 })).toThrow("from 1 to 256");
  expect(() => completeMethod("lora", { rank: 8 })).toThrow('no setting "rank"');
});
