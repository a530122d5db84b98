/**
 * `radapt step`: runs optimisation steps on one batch and writes everything that a comparison with
 * PyTorch needs. Training, names and files follow Hugging Face PEFT and torch.optim.
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
  openModel,
  runSteps,
  type StepLoss,
  stepLossSchema,
} from "../engine/index";
import { splitFiles } from "../models/files";
import { type Command, type ParsedArgs, parseCommandArgs } from "./args";
import { deviceHelp, deviceKinds, openNodeDevice } from "./device";
import { assertPrior, lossHelp } from "./loss-option";
import { readBytes, readJson, readModelFile } from "./node-runtime";
import { optimizerArguments, optimizerHelp } from "./optimizer-option";

const help = `radapt step --model m.onnx --method method.json --batch batch.safetensors --out out.safetensors
            [--adapter init.safetensors] [--steps 5] [--optimizer '{"name":"adamw","lr":0.01}']
            [--clip-norm 1] [--micro-batch 2] [--head-l2 0] [--class-weights 1.3,0.7] [--loss '{"name":"focal"}']
            [--classes 2] [--seed 0] [--device webgpu]

Trains some steps on one batch and writes the losses, logits, gradients and trained values.
  --model          ONNX file; its first output [B,D] feeds a linear head
  --method         PEFT adapter_config.json; peft_type may also be LINEAR_PROBE, BITFIT, SSF,
                   BOTTLENECK, VPT, LAST_BLOCKS or FULL. Dropout is off
  --batch          pixel_values F32 [B,C,H,W], labels I64 or I32 [B]
  --adapter        initial values of trainables, by their names
  --steps          5
  --optimizer      ${optimizerHelp("                   ")}
  --clip-norm      clips the gradient of all trainables to this norm; default 0: no clipping
  --micro-batch    images per micro-batch; gradients accumulate. Default 0: the whole batch
  --head-l2        adds l2/2·|W|² of the head's weight to the loss that is minimised; default 0
  --class-weights  one weight per class, comma-separated; default 1 each
  --loss           ${lossHelp("                   ")}
  --classes        default: the number of class weights, else the largest label + 1
  --seed           seeds the trainables that --adapter does not give; default 0
  --device         ${deviceHelp}
  --out            loss [steps] before each update; logits [B,C] and grad.<name> of the
                   first step, of the loss alone; <name> of every trainable after the last`;

export const stepCommand: Command = {
  name: "step",
  summary: "--model … --method … --batch … --out …  training steps on one batch, for checking",
  help,
  run: async (argv) => {
    const text = { type: "string" } as const;
    const args = parseCommandArgs(argv, help, {
      model: text,
      method: text,
      batch: text,
      adapter: text,
      steps: text,
      optimizer: text,
      "clip-norm": text,
      "micro-batch": text,
      "head-l2": text,
      loss: text,
      "class-weights": text,
      classes: text,
      seed: text,
      device: text,
      out: text,
    });
    const paths = { model: args.required("model"), method: args.required("method"), batch: args.required("batch") };
    const out = args.required("out");
    const steps = args.integer("steps", 5, 1);
    const seed = args.integer("seed", 0, Number.MIN_SAFE_INTEGER);
    const { lr, ...optimizer } = parseJsonOption(args, "optimizer", optimizerArguments);
    const microBatch = args.integer("micro-batch", 0, 0);
    const [clipNorm, headL2] = ["clip-norm", "head-l2"].map((name) => nonNegative(args, name));
    const loss = parseJsonOption<StepLoss>(args, "loss", stepLossSchema);
    const kind = args.choice("device", deviceKinds, "webgpu");
    const givenWeights = args.numbers("class-weights");
    const givenClasses = args.integer("classes", 0, 2);

    const batch = parseBatch(await readBytes(paths.batch), paths.batch);
    const classes = givenClasses || givenWeights?.length || Math.max(2, ...batch.labels.map((label) => label + 1));
    const weights = givenWeights ?? new Array<number>(classes).fill(1);
    if (weights.length !== classes)
      throw args.fail(`--class-weights gives ${weights.length} weights for ${classes} classes.`);
    assertPrior(args, loss, classes);
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
      model,
      device,
      method,
      classes,
      seed,
      steps,
      labels: batch.labels,
      classWeights: weights,
      pixels: { shape: batch.shape, data: batch.pixels },
      loss,
      optimizer: { ...optimizer, clipNorm, headL2 },
      lr,
      microBatch,
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

/** Parses an option in JSON. */
function parseJsonOption<T>(args: ParsedArgs, option: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(args.text(option) ?? "{}");
  } catch (error) {
    throw args.fail(`--${option} is not JSON: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw args.fail(`--${option}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function nonNegative(args: ParsedArgs, name: string): number {
  const [value, ...more] = args.numbers(name) ?? [0];
  if (value >= 0 && more.length === 0) return value;
  throw args.fail(`--${name} expects one number from 0, got "${args.text(name)}".`);
}

/** Reads pixel_values [B, C, H, W] and labels [B]. @throws RadaptError `step.batch` */
function parseBatch(bytes: Uint8Array, where: string): { pixels: Float32Array; labels: number[]; shape: number[] } {
  const { tensors } = readSafetensors(bytes, where);
  const pixels = tensors.find(({ name }) => name === "pixel_values");
  const labels = tensors.find(({ name }) => name === "labels");
  const dtypeAndShape = (t?: FileTensor) => (t ? `${t.dtype} [${t.shape.join(", ")}]` : "nothing");
  const { shape } = pixels ?? { shape: [] };
  const fits =
    pixels?.data instanceof Float32Array &&
    shape.length === 4 &&
    labels?.shape.length === 1 &&
    labels.shape[0] === shape[0];
  if (!fits || !labels || labels.data instanceof Float32Array)
    throw new RadaptError("The batch does not have the tensors that a step needs.", {
      code: "step.batch",
      where,
      expected: "pixel_values F32 [B, C, H, W], and labels I64 or I32 [B]",
      got: `pixel_values ${dtypeAndShape(pixels)}, labels ${dtypeAndShape(labels)}`,
      remedy: "Write the batch with these names, types and shapes.",
    });
  return { pixels: pixels.data as Float32Array, labels: [...labels.data], shape };
}

function assertImages(batch: readonly number[], { input }: ModelInfo, where: string): void {
  if (input.shape.every((d, i) => d === batch[i + 1])) return;
  throw new RadaptError("The batch's images do not have the model's input shape.", {
    code: "step.images",
    where: `${where}, pixel_values`,
    expected: `[B, ${input.shape.join(", ")}]`,
    got: `[${batch.join(", ")}]`,
    remedy: "Write images of that shape. If the model leaves the size free, they must be square.",
  });
}

function assertLabels(labels: readonly number[], classes: number, where: string): void {
  const wrong = labels.find((label) => label < 0 || label >= classes);
  if (wrong === undefined) return;
  throw new RadaptError("A label is not a class index.", {
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
