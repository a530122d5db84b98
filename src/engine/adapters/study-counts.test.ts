/**
 * Trainable parameters by formula on small graphs. tools/reference/full_size.py and
 * count-parameters.mjs check the sizes of the published encoders.
 */
import { expect, test } from "vitest";
import { sizeOf } from "../graph/tensor";
import { type MethodSpec, openModel } from "../index";
import { buildTrainingGraph } from "../training/graph";

const files = import.meta.glob<string>("../../../tools/reference/structures/*.onnx", {
  query: "?inline",
  import: "default",
});
const open = async (name: string) => {
  const bytes = await (await fetch(await files[`../../../tools/reference/structures/${name}.onnx`]())).arrayBuffer();
  return openModel(new Uint8Array(bytes), { imageSize: 16 });
};

async function adapterParameters(name: string, method: MethodSpec): Promise<number> {
  const { trainables } = buildTrainingGraph({ model: await open(name), method, classes: 2, batch: 1, imageSize: 16 });
  return trainables.filter((t) => t.group === "adapter").reduce((sum, t) => sum + sizeOf(t.shape), 0);
}

// Width, depth, and the MLP's width.
const [d, depth, m] = [8, 2, 16];

test.each([4, 8, 16])("LoRA r %d on fused qkv and both MLP layers: r·(in + out) each", async (r) => {
  const config = { r, targets: ["qkv", "up", "down"] };
  const layer = d + 3 * d + 2 * (d + m);
  expect(await adapterParameters("vit-fused", { id: "lora", config })).toBe(depth * r * layer);
});

test.each([4, 8, 16])("LoRA r %d on separate projections, by role and by name", async (r) => {
  const counted = (targets: string[]) => adapterParameters("vit-plain", { id: "lora", config: { r, targets } });
  expect(await counted(["attn.q", "attn.k", "attn.v"])).toBe(depth * 3 * r * 2 * d);
  expect(await counted(["q", "k", "v"])).toBe(depth * 3 * r * 2 * d);
});

test("BitFit: the biases of every layer and norm, patches and the final norm included", async () => {
  const block = d + 3 * d + d + d + m + d;
  expect(await adapterParameters("vit-fused", { id: "bitfit", config: {} })).toBe(depth * block + d + d);
});

test("full fine-tuning trains every weight but masks", async () => {
  const { info } = await open("vit-mask");
  expect(await adapterParameters("vit-mask", { id: "full", config: {} })).toBe(info.parameters);
});
