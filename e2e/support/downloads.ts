/** Reads the downloads of a run, with code from outside the app where there is some. */
import { readFile } from "node:fs/promises";
import type { Download } from "@playwright/test";
import { unzipSync } from "fflate";
import * as ort from "onnxruntime-web";
import type { RunRecord } from "../../src/bench/record";
import { DEMO_PHANTOMS, generatePhantoms } from "../../src/data/phantoms";
import { readModel } from "../../src/engine/onnx/messages";
import { preprocess } from "../../src/models/preprocess";

/** The files of a downloaded ZIP, by name. */
export async function unzipDownload(download: Download): Promise<Record<string, Uint8Array>> {
  return unzipSync(await readFile(await download.path()));
}

/**
 * The largest difference between a model's probabilities for the demo's images and those that the
 * run recorded.
 */
export async function differenceFromRecord(model: Uint8Array, { predictions }: RunRecord): Promise<number> {
  const preprocessing = JSON.parse(readModel(model).metadata.get("preprocessing")!);
  const phantoms = new Map([...generatePhantoms(DEMO_PHANTOMS)].map((p) => [p.name, p]));
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const inputs = predictions.map(({ image }) => {
    const { width, height, grey } = phantoms.get(image)!;
    return preprocess({ width, height, channels: 1, data: grey }, preprocessing);
  });
  const data = new Float32Array(inputs.length * inputs[0].length);
  inputs.forEach((input, i) => void data.set(input, i * input.length));
  const { size, channels = 3 } = preprocessing;
  const images = new ort.Tensor("float32", data, [inputs.length, channels, size, size]);
  const output = await session.run({ [session.inputNames[0]]: images });
  const got = output.probabilities.data as Float32Array;
  await session.release();
  const want = predictions.flatMap(({ probabilities }) => probabilities);
  return want.reduce((most, p, i) => Math.max(most, Math.abs(p - got[i])), want.length === got.length ? 0 : 1);
}
