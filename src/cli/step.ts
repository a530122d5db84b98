/**
 * `radapt step`: optimisation steps on one batch, with everything that a comparison with PyTorch needs written out. The
 * conformance door: what it trains, names and writes follows Hugging Face PEFT and torch.optim.
 */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { z } from "zod";
import { messageOf, RadaptError } from "../base";
import { type FileTensor, readSafetensors, writeSafetensors } from "../base/safetensors";
import {
  type ModelInfo,
  methodFromPeftConfig,
  type NamedTensor,
  type OptimizerSpec,
  openModel,
  runSteps,
} from "../engine";
import { splitFiles } from "../models/files";
import { type Command, type ParsedArgs, parseCommandArgs } from "./args";
import { deviceHelp, deviceKinds, openNodeDevice } from "./device";
import { readBytes, readJson, readModelFile } from "./node-runtime";

const help = `radapt step --model m.onnx --method method.json --batch batch.safetensors --out out.safetensors
            [--adapter init.safetensors] [--steps 5] [--optimizer '{"name":"adamw","lr":0.01}']
            [--class-weights 1.3,0.7] [--classes 2] [--seed 0] [--device webgpu]

Trains for some steps on one batch and writes what happened.
  --model          ONNX file; its first output [B,D] feeds a linear head
  --method         PEFT adapter_config.json; peft_type may also be LINEAR_PROBE, BITFIT, SSF,
                   BOTTLENECK, VPT, LAST_BLOCKS or FULL. Dropout is off
  --batch          pixel_values F32 [B,C,H,W], labels I64 or I32 [B]
  --adapter        initial values of trainables, by their names
  --steps          5
  --optimizer      JSON: name adamw, lr 0.01, weightDecay 0.01, betas [0.9,0.999], eps 1e-8
  --class-weights  one weight per class, comma-separated; default 1 each
  --classes        default: as many as weights, or as the labels need
  --seed           seeds what --adapter does not give; default 0
  --device         ${deviceHelp}
  --out            loss [steps] before each update; logits [B,C] and grad.<name> of the
                   first step; <name> of every trainable after the last`;

const optimizerSchema = z.strictObject({
  name: z.literal("adamw").default("adamw"),
  lr: z.number().nonnegative().default(0.01),
  weightDecay: z.number().nonnegative().default(0.01),
  betas: z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]).default([0.9, 0.999]),
  eps: z.number().positive().default(1e-8),
});

export const stepCommand: Command = {
  name: "step",
  summary: "--model … --method … --batch … --out …  training steps on one batch, for checking",
  help,
  run: async (argv) => {
    const text = { type: "string" } as const;
    const args = parseCommandArgs(argv, help, {
      ...{ model: text, method: text, batch: text, adapter: text, steps: text, optimizer: text },
      ...{ "class-weights": text, classes: text, seed: text, device: text, out: text },
    });
    const paths = { model: args.required("model"), method: args.required("method"), batch: args.required("batch") };
    const out = args.required("out");
    const steps = args.integer("steps", 5, 1);
    const seed = args.integer("seed", 0, Number.MIN_SAFE_INTEGER);
    const optimizer = parseOptimizer(args);
    const kind = args.choice("device", deviceKinds, "webgpu");
    const givenWeights = args.numbers("class-weights");
    const givenClasses = args.integer("classes", 0, 2);

    const batch = parseBatch(await readBytes(paths.batch), paths.batch);
    const classes = givenClasses || givenWeights?.length || Math.max(2, ...batch.labels.map((label) => label + 1));
    const weights = givenWeights ?? new Array<number>(classes).fill(1);
    if (weights.length !== classes)
      throw args.fail(`--class-weights gives ${weights.length} weights for ${classes} classes.`);
    assertLabels(batch.labels, classes, paths.batch);
    const method = methodFromPeftConfig((await readJson(paths.method)) as Record<string, unknown>);
    const read = await readModelFile(paths.model);
    const files = splitFiles(read.bytes, read.external);
    const model = openModel(files.bytes, {
      imageSize: batch.shape[2],
      external: (location) => files.external.get(location),
    });
    assertImages(batch.shape, model.info, paths.batch);
    for (const note of model.info.notes) process.stderr.write(`Note: ${note}\n`);
    const device = await openNodeDevice(kind, (line) => void process.stderr.write(`${line}\n`));
    process.stderr.write(`Device: ${device.info.label}\n`);
    const adapterPath = args.text("adapter");
    const written = await runSteps({
      ...{ model, device, method, classes, seed, steps, labels: batch.labels, classWeights: weights },
      pixels: { shape: batch.shape, data: batch.pixels },
      optimizer: optimizer.spec,
      lr: optimizer.lr,
      initial: adapterPath === undefined ? undefined : await readTensors(adapterPath),
    });
    await writeFile(out, writeSafetensors(written, { format: "pt" }));
    const trained = written
      .filter(({ name }) => name.startsWith("grad."))
      .reduce((sum, { data }) => sum + data.length, 0);
    process.stderr.write(`${trained} trainable parameters; loss ${[...written[0].data].join(", ")}\n`);
    device.dispose();
    return 0;
  },
};

function parseOptimizer(args: ParsedArgs): { lr: number; spec: OptimizerSpec } {
  let json: unknown;
  try {
    json = JSON.parse(args.text("optimizer") ?? "{}");
  } catch (error) {
    throw args.fail(`--optimizer is not JSON: ${messageOf(error)}`);
  }
  const parsed = optimizerSchema.safeParse(json);
  if (!parsed.success) throw args.fail(`--optimizer: ${z.prettifyError(parsed.error)}`);
  const { name, lr, weightDecay, betas, eps } = parsed.data;
  return { lr, spec: { name, weightDecay, eps, beta1: betas[0], beta2: betas[1], headL2: 0 } };
}

/** pixel_values [B, C, H, W] and labels [B]. */
function parseBatch(bytes: Uint8Array, where: string): { pixels: Float32Array; labels: number[]; shape: number[] } {
  const { tensors } = readSafetensors(bytes, where);
  const pixels = tensors.find(({ name }) => name === "pixel_values");
  const labels = tensors.find(({ name }) => name === "labels");
  const describe = (t?: FileTensor) => (t ? `${t.dtype} [${t.shape.join(", ")}]` : "nothing");
  const { shape } = pixels ?? { shape: [] };
  const fits =
    pixels?.data instanceof Float32Array &&
    shape.length === 4 &&
    labels?.shape.length === 1 &&
    labels.shape[0] === shape[0];
  if (!fits || !labels || labels.data instanceof Float32Array)
    throw new RadaptError("The batch is not what a step needs.", {
      code: "step.batch",
      where,
      expected: "pixel_values F32 [B, C, H, W], and labels I64 or I32 [B]",
      got: `pixel_values ${describe(pixels)}, labels ${describe(labels)}`,
      remedy: "Write the batch with these names, types and shapes.",
    });
  return { pixels: pixels.data as Float32Array, labels: [...labels.data], shape };
}

function assertImages(batch: readonly number[], { input }: ModelInfo, where: string): void {
  if (input.shape.every((d, i) => d === batch[i + 1])) return;
  throw new RadaptError("The batch's images are not what the model takes.", {
    code: "step.images",
    where: `${where}, pixel_values`,
    expected: `[B, ${input.shape.join(", ")}]`,
    got: `[${batch.join(", ")}]`,
    remedy: "Write images of that shape; where the model leaves the size free they are square.",
  });
}

function assertLabels(labels: readonly number[], classes: number, where: string): void {
  const wrong = labels.find((label) => label < 0 || label >= classes);
  if (wrong === undefined) return;
  throw new RadaptError("A label is no class.", {
    code: "step.label",
    where: `${where}, labels`,
    expected: `0 to ${classes - 1}`,
    got: String(wrong),
    remedy: "Count classes from 0, or raise --classes.",
  });
}

async function readTensors(path: string): Promise<NamedTensor[]> {
  const { tensors } = readSafetensors(await readBytes(path), path);
  return tensors.map(({ name, shape, data }) => ({ name, shape, data: Float32Array.from(data) }));
}
