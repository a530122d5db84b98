/** Writes every method's adapter as PEFT's two files and reads it back, on every backbone. */
import { describe, expect, test } from "vitest";
import { writeSafetensors } from "../../base/safetensors";
import { plainFeature } from "../backbone/features";
import { completeMethod, createCpuDevice, createTrainer } from "../index";
import { targetsOf } from "../training/targets";
import type { MethodSpec, NamedTensor, TrainerOptions } from "../types";
import { adapterOf } from ".";
import { exportAdapter, importAdapter } from "./checkpoint";
import { peftFeedforward, peftTargets } from "./peft-rules";
import { findSites } from "./structure";
import { type Case, cases } from "./testing";

const optimizer = { name: "adamw" as const, weightDecay: 0 };
const methodOf = ({ id, config }: Case): MethodSpec => ({ id, config: completeMethod(id, config).config });

function options({ model }: Case, method: MethodSpec): TrainerOptions {
  return { model, method, device: createCpuDevice(), classes: 2, batch: 2, optimizer, seed: 1 };
}

/** Trains two steps on standardised features, as a run does. */
async function learn(c: Case) {
  const trainer = await createTrainer(options(c, methodOf(c)));
  const share = c.model.info.input.shape.reduce((a, b) => a * b);
  const images = Float32Array.from({ length: 2 * share }, (_, i) => Math.sin(i * i));
  const width = trainer.featureWidth;
  trainer.setStandardization(new Float32Array(width).fill(0.2), new Float32Array(width).fill(1.5));
  const inputs = await trainer.encode(images, 2);
  for (let i = 0; i < 2; i++) trainer.step({ inputs, ...targetsOf([0, 1], 2) }, { adapter: 1e-2, head: 1e-2 });
  return { images, tensors: await trainer.exportTrainables(), logits: await trainer.predict(inputs, 2) };
}

/** The key of a tensor that PEFT adds to a module, with the module's name. */
const peftAddition =
  /^base_model\.model\.(.+)\.(?:lora_[AB]\.weight|lora_magnitude_vector|ia3_l|vera_lambda_[bd]|ln_tuning_layers\.(?:weight|bias))$/;

/** The possible ends of a key that one of PEFT's own methods saves. */
const peftKeys =
  /^base_model\.(vera_[AB]|model\.(classifier\.(weight|bias)|.+\.(lora_[AB]\.weight|lora_magnitude_vector|ia3_l|vera_lambda_[bd]|ln_tuning_layers\.(weight|bias)|bias)))$/;

describe.each(cases)("$title", (c) => {
  test("is written as PEFT's files, reads back, and predicts the same", async () => {
    const { images, tensors, logits } = await learn(c);
    const { files, note } = exportAdapter(c, methodOf(c), tensors, { backbone: "abc" });
    const back = importAdapter(files, c);
    expect(back.tensors).toEqual(tensors);
    const fresh = await createTrainer(options(c, back.method));
    fresh.importTrainables(back.tensors);
    const again = await fresh.predict(await fresh.encode(images, 2), 2);
    again.forEach((v, i) => expect(Math.abs(v - logits[i])).toBeLessThan(1e-4));

    const json = JSON.parse(files.config);
    expect(json.modules_to_save).toEqual(["classifier"]);
    if (note !== null) return expect(note).toMatch(/only Radapt reads this adapter/);
    for (const { name } of tensors) expect(name).toMatch(peftKeys);
    // PEFT knows no roles: it must find the adapted modules by name, and no others.
    const { target_modules: targets, feedforward_modules: feedforward = [] } = json;
    const { bound, plain } = plainFeature({ ...c, batch: 1 });
    const sites = findSites(plain, bound);
    const known = [...sites.layers, ...sites.norms].map(({ module }) => module);
    const adapted = new Set(tensors.flatMap(({ name }) => peftAddition.exec(name)?.[1] ?? []));
    expect(adapted.size).toBeGreaterThan(0);
    expect(new Set(known.filter((module) => peftTargets(module, targets)))).toEqual(adapted);
    const { feedforward: scaled = [] } = adapterOf(c.id).peft.modules!(sites, methodOf(c).config)!;
    expect(new Set([...adapted].filter((module) => peftFeedforward(module, feedforward)))).toEqual(
      new Set(scaled.map(({ module }) => module)),
    );
  });
});

describe("an adapter that does not fit is refused", () => {
  const c = cases.find(({ id }) => id === "lora")!;
  const written = async () => {
    const { tensors } = await learn(c);
    return { tensors, files: exportAdapter(c, methodOf(c), tensors).files };
  };
  const withTensors = (tensors: NamedTensor[]) => writeSafetensors(tensors);

  test("naming the first key or shape", async () => {
    const { tensors, files } = await written();
    const [first, ...rest] = tensors;
    expect(() => importAdapter({ ...files, tensors: withTensors(rest) }, c)).toThrow(first.name);
    const longer = { ...first, shape: [1, ...first.shape] };
    expect(() => importAdapter({ ...files, tensors: withTensors([longer, ...rest]) }, c)).toThrow(first.name);
    const renamed = { ...first, name: first.name.replace("base_model.model.", "") };
    expect(() => importAdapter({ ...files, tensors: withTensors([renamed, ...rest]) }, c)).toThrow(renamed.name);
  });

  test("whose head is of another width or half there; without a head it fits", async () => {
    const { tensors, files } = await written();
    const isHead = ({ name }: NamedTensor) => name.includes(".classifier.");
    const change = (of: string, shape: number[]) =>
      tensors.map((t) =>
        t.name.endsWith(of) ? { ...t, shape, data: new Float32Array(shape.reduce((a, b) => a * b)) } : t,
      );
    const from = (list: NamedTensor[]) => importAdapter({ ...files, tensors: withTensors(list) }, c);
    expect(from(tensors).classes).toBe(2);
    expect(from(tensors.filter((t) => !isHead(t))).classes).toBeNull();
    expect(() => from(change("classifier.weight", [2, 3]))).toThrow(/classifier\.weight[\s\S]*\[2, 3\]/);
    expect(() => from(change("classifier.bias", [3]))).toThrow(/classifier\.bias[\s\S]*\[2\][\s\S]*\[3\]/);
    expect(() => from(tensors.filter((t) => !t.name.endsWith("classifier.bias")))).toThrow("classifier.bias");
  });

  test("for another rank, and for settings that are no JSON", async () => {
    const { files } = await written();
    const config = files.config.replace('"r": 8', '"r": 4');
    expect(() => importAdapter({ ...files, config }, c)).toThrow(/lora_A\.weight[\s\S]*\[4, 24\][\s\S]*\[8, 24\]/);
    expect(() => importAdapter({ ...files, config: "r: 8" }, c)).toThrow("not JSON");
  });

  test("on another backbone", async () => {
    const { files } = await written();
    const other = cases.find(({ id, backbone }) => id === "lora" && backbone !== c.backbone)!;
    expect(() => importAdapter(files, other)).toThrow(/No layer of this backbone matches/);
  });
});
