/** An exported model applied to image files, with the preprocessing that it names. */
import { messageOf, RadaptError } from "../../base";
import type { OnProgress } from "../../base/progress";
import { csvField } from "../../bench/export";
import { decide } from "../../bench/metric";
import type { NamedFile } from "../../data/types";
import { readMetadata } from "../../engine/index";
import type { FeatureRuntime } from "../../models/ort";
import { preprocess } from "../../models/preprocess";
import { inputShape } from "../../models/types";
import type { Decode } from "../images";
import { type ModelCard, parseMetadata } from "./card";

export interface ImagePrediction {
  image: string;
  /** [C], sums to 1. */
  probabilities: number[];
}

export interface PredictionRun extends ModelCard {
  predictions: ImagePrediction[];
  /** Files that could not be decoded, each with the reason. */
  unreadable: { image: string; reason: string }[];
}

export interface PredictionJob {
  /** An ONNX file that Radapt exported. */
  model: Uint8Array;
  /** Its name, for messages. */
  name: string;
  images: readonly NamedFile[];
  runtime: FeatureRuntime;
  decode: Decode;
  /** Images at a time. */
  batch: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** @throws RadaptError `model.metadata`, `model.refused`, `model.run` */
export async function predictImages(job: PredictionJob): Promise<PredictionRun> {
  const card = parseMetadata(readMetadata(job.model), job.name);
  const session = await job.runtime.open(job.model, job.name);
  const run: PredictionRun = { ...card, predictions: [], unreadable: [] };
  const shape = inputShape(card.preprocessing);
  try {
    for (let start = 0; start < job.images.length; start += job.batch) {
      job.signal?.throwIfAborted();
      job.onProgress?.({ done: start, total: job.images.length, what: "Predicting" });
      const ready: { image: string; data: Float32Array }[] = [];
      for (const { path, file } of job.images.slice(start, start + job.batch)) {
        try {
          const pixels = await job.decode(new Uint8Array(await file.arrayBuffer()), path);
          ready.push({ image: path, data: preprocess(pixels, card.preprocessing) });
        } catch (error) {
          run.unreadable.push({ image: path, reason: messageOf(error) });
        }
      }
      if (ready.length === 0) continue;
      const images = new Float32Array(ready.length * ready[0].data.length);
      ready.forEach(({ data }, i) => void images.set(data, i * data.length));
      const output = (await session.run(images, ready.length, shape)).get("probabilities");
      if (output?.data.length !== ready.length * card.classes.length)
        throw noProbabilities(job.name, card, output?.shape);
      ready.forEach(({ image }, i) => {
        const row = output.data.subarray(i * card.classes.length, (i + 1) * card.classes.length);
        run.predictions.push({ image, probabilities: [...row] });
      });
    }
    return run;
  } finally {
    await session.dispose();
  }
}

function noProbabilities(name: string, { classes }: ModelCard, shape: readonly number[] | undefined): RadaptError {
  return new RadaptError("The model gives no probabilities of its classes.", {
    code: "model.probabilities",
    where: name,
    expected: `an output "probabilities" [N, ${classes.length}]`,
    got: shape ? `[${shape.join(", ")}]` : "no output of that name",
    remedy: "Export the model anew.",
  });
}

/** Header and one line per image: image, prediction, p:<class> …; as predict.py writes it. */
export function predictionTable({ classes, predictions }: PredictionRun): string {
  const head = ["image", "prediction", ...classes.map((name) => `p:${name}`)];
  const rows = predictions.map(({ image, probabilities }) => [image, classes[decide(probabilities)], ...probabilities]);
  return `${[head, ...rows].map((row) => row.map(csvField).join(",")).join("\n")}\n`;
}
