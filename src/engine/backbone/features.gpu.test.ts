/**
 * Compares features from inside the graph, computed on the GPU, with PyTorch's blocks
 * (tools/reference/structures.py).
 */
import { expect, test } from "vitest";
import { readSafetensors } from "../../base/safetensors";
import { testGpu } from "../devices/gpu/test-gpu";
import { createTrainer, createWebGpuDevice, openModel } from "../index";

const files = import.meta.glob<string>("../../../tools/reference/structures/vit-tanh-deep.{onnx,safetensors}", {
  query: "?inline",
  import: "default",
});
const path = "../../../tools/reference/structures/vit-tanh-deep.safetensors";
const bytesOf = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());

test("class tokens of the last four blocks and the mean token", async () => {
  const { tensors } = readSafetensors(await bytesOf(path));
  const of = (name: string) => tensors.find((t) => t.name === name)!.data as Float32Array;
  const device = await createWebGpuDevice({ gpu: await testGpu() });
  const trainer = await createTrainer({
    model: openModel(await bytesOf(path.replace(/safetensors$/, "onnx")), { imageSize: 16 }),
    device,
    feature: "cls4+mean",
    batch: 2,
    classes: 2,
    imageSize: 16,
    seed: 0,
    method: { id: "linear-probe", config: {} },
    optimizer: { name: "adamw", weightDecay: 0 },
  });
  const [got] = await trainer.encode(of("pixel_values"), 3);
  trainer.dispose();
  device.dispose();
  const want = of("cls4+mean");
  expect(got.length).toBe(want.length);
  got.forEach((v, i) => void expect(Math.abs(v - want[i])).toBeLessThan(1e-4 * Math.max(1, Math.abs(want[i]))));
});
