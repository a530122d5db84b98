/**
 * Reads and writes PEFT's adapter_config.json, and refuses settings that Radapt does not support.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { adapters, completeMethod, methodFromPeftConfig } from "../index";
import { adapterOf } from "./index";
import { nameModules, writePeftConfig } from "./peft-config";
import { peftFeedforward, peftTargets } from "./peft-rules";

/** A LoRA file with everything that PEFT 0.21 writes in addition to the settings. */
const written = {
  alpha_pattern: {},
  auto_mapping: null,
  base_model_name_or_path: "x",
  bias: "none",
  corda_config: null,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_alpha: 1,
  lora_bias: false,
  lora_dropout: 0.1,
  megatron_config: null,
  megatron_core: "megatron.core",
  revision: null,
  modules_to_save: ["classifier"],
  peft_type: "LORA",
  r: 4,
  rank_pattern: {},
  target_modules: ["q_proj"],
  task_type: null,
  use_dora: false,
  use_rslora: false,
  trainable_token_indices: null,
  peft_version: "0.21.0",
  use_qalora: false,
  qalora_group_size: 16,
  target_parameters: null,
  arrow_config: null,
};

test("docs/adapters.md tells the settings of every method that PEFT does not know", () => {
  const docs = readFileSync(new URL("../../../docs/adapters.md", import.meta.url), "utf8");
  for (const { peft } of adapters.filter(({ peft }) => peft.own)) {
    const row = docs.split("\n").find((line) => line.startsWith(`| \`${peft.type}\` |`)) ?? "";
    expect(row, peft.type).not.toBe("");
    for (const { key } of Object.values(peft.fields)) expect(row).toContain(`\`${key}\``);
  }
});

test("every setting of a file that PEFT wrote is read", () => {
  expect(methodFromPeftConfig(written)).toMatchObject({
    id: "lora",
    config: { r: 4, alpha: 1, targets: ["q_proj"], dropout: 0.1, bias: "none", rslora: false },
  });
  expect(methodFromPeftConfig({ ...written, use_dora: true })).toMatchObject({ id: "dora", config: { alpha: 1 } });
});

test.each([
  [{ peft_type: "LORA" }, "lora", { r: 8, alpha: 8, dropout: 0, targets: "auto" }],
  [{ peft_type: "VERA", r: 4, vera_dropout: 0.1, d_initial: 0.2 }, "vera", { r: 4, dropout: 0.1, dInitial: 0.2 }],
  [{ peft_type: "VERA", save_projection: true, projection_prng_key: 0, init_weights: true }, "vera", { r: 256 }],
  [{ peft_type: "IA3", target_modules: ["k", "fc2"], feedforward_modules: ["fc2"] }, "ia3", { feedforward: ["fc2"] }],
  [{ peft_type: "LN_TUNING", target_modules: null }, "ln-tuning", { targets: "auto" }],
  [{ peft_type: "SSF", target_modules: "conv" }, "ssf", { targets: "conv" }],
  [{ peft_type: "VPT", num_virtual_tokens: 5, deep: false }, "vpt", { prompts: 5, deep: false, dropout: 0 }],
  [{ peft_type: "BOTTLENECK", bottleneck_size: 8, non_linearity: "relu" }, "bottleneck", { size: 8 }],
  [{ peft_type: "LAST_BLOCKS", blocks: 2 }, "last-blocks", { blocks: 2 }],
  [{ peft_type: "linear_probe" }, "linear-probe", {}],
])("%j is %s", (json, id, config) => {
  expect(methodFromPeftConfig(json)).toMatchObject({ id, config });
});

describe("refused by name", () => {
  test.each([
    ["modules_to_save", ["visual_projection"]],
    ["layers_to_transform", [0, 1]],
    ["fan_in_fan_out", true],
    ["exclude_modules", ["fc1"]],
    ["init_lora_weights", "pissa"],
    ["lora_bias", true],
    ["layer_replication", [[0, 2]]],
    ["use_qalora", true],
  ])("%s: %j", (key, value) => {
    expect(() => methodFromPeftConfig({ ...written, [key]: value })).toThrow(`for LoRA: ${key}`);
  });

  test("an unknown method, and values out of range", () => {
    expect(() => methodFromPeftConfig({ peft_type: "NOPE" })).toThrow("LORA");
    expect(() => methodFromPeftConfig({ ...written, r: 0 })).toThrow("from 1 to 256");
    expect(() => methodFromPeftConfig({ ...written, bias: "some" })).toThrow("lora_only");
    expect(() => completeMethod("lora", { rank: 8 })).toThrow('no setting "rank"');
  });
});

test.each(adapters.map((a) => a.id))("%s is written as a file that reads back the same", (id) => {
  const { config } = completeMethod(id, {});
  const json = JSON.parse(JSON.stringify(writePeftConfig(adapterOf(id), config)));
  expect(methodFromPeftConfig(json)).toEqual({ id, config });
});

describe("modules are named so that PEFT finds these and no others", () => {
  const vit = [0, 1, 10, 11].flatMap((i) =>
    ["attn.q_proj", "attn.v_proj", "mlp.fc1", "mlp.fc2", "norm1"].map((part) => `blocks.${i}.${part}`),
  );
  const swin = ["patch_embed.norm", "layers.0.blocks.0.norm1", "layers.1.downsample.norm", "norm"];
  const resnet = ["conv1", "layer1.0.conv1", "layer1.0.downsample.0", "layer2.0.conv1"];
  const mobilenet = ["1.conv.0.0", "1.conv.1", "11.conv.0.0", "11.conv.1"];
  const nested = ["blocks.0.fc1", "student.blocks.0.fc1"];

  test.each<[string, string[], string[], string[] | string]>([
    [
      "whole names with dots are a list",
      vit,
      vit.filter((n) => n.includes("q_proj")),
      vit.filter((n) => n.includes("q_proj")),
    ],
    ["a name without a dot is a pattern", swin, ["norm"], "norm"],
    ["and so are the names beside it", resnet, ["conv1", "layer2.0.conv1"], "conv1|layer2\\.0\\.conv1"],
    ["a name that ends another one is a pattern", nested, ["blocks.0.fc1"], "blocks\\.0\\.fc1"],
    ["with numbers as well", mobilenet, ["1.conv.0.0"], "1\\.conv\\.0\\.0"],
    ["unless that one is meant too", nested, nested, nested],
  ])("%s", (_, known, names, expected) => {
    const written = nameModules([...names, names[0]], known);
    expect(written).toEqual(expected);
    expect(known.filter((module) => peftTargets(module, written))).toEqual(names);
    expect(known.filter((module) => peftFeedforward(module, written))).toEqual(names);
  });

  test("a dot in a pattern stands for a dot alone", () => {
    const written = nameModules(["stem", "a.b"], ["stem", "a.b", "a_b"]);
    expect(["stem", "a.b", "a_b"].filter((module) => peftTargets(module, written))).toEqual(["stem", "a.b"]);
  });

  test("no module is an empty list", () => expect(nameModules([], vit)).toEqual([]));
});
