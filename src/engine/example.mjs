// Trains LoRA on a backbone for five steps and saves the adapter as Hugging Face PEFT does:
// node example.mjs backbone.onnx folder
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createTrainer, createWebGpuDevice, exportAdapter, openDawn, openModel, targetsOf } from "radapt-engine";

const [file, folder] = process.argv.slice(2);
const model = openModel(await readFile(file));
const device = await createWebGpuDevice({ gpu: await openDawn() });
const method = { id: "lora", config: { r: 4 } };
const optimizer = { name: "adamw", weightDecay: 0 };
const trainer = await createTrainer({ model, device, method, optimizer, classes: 2, batch: 4, seed: 1 });

// Four images that a program drew, two of each class. Yours are normalised numbers [4, C, H, W].
const size = model.info.input.shape.reduce((a, b) => a * b);
const images = Float32Array.from({ length: 4 * size }, (_, i) => Math.sin(i * (i < 2 * size ? 0.1 : 0.3)));
const inputs = await trainer.encode(images, 4);
for (let step = 0; step < 5; step++)
  trainer.step({ inputs, ...targetsOf([0, 0, 1, 1], 2) }, { adapter: 1e-3, head: 1e-2 });
console.log("losses", ...(await trainer.losses()));

const { files } = exportAdapter({ model }, method, await trainer.exportTrainables());
await mkdir(folder, { recursive: true });
await writeFile(`${folder}/adapter_config.json`, files.config);
await writeFile(`${folder}/adapter_model.safetensors`, files.tensors);
process.exit(0); // Dawn keeps Node alive as long as the device lives.
