/**
 * PyTorch's steps as the build carries them: for each method, optimiser and loss the smallest case
 * of tools/reference/fixtures, equal files once. Loaded when first wanted. `npx vitest run
 * --project unit stored-cases -u` writes the file anew from the fixtures.
 */

import { readSafetensors } from "../../base/safetensors";
import type { TorchArguments } from "../optim";
import type { StepLossInput } from "../training/step-loss";
import type { NamedTensor } from "../types";

export interface StepArguments {
  steps: number;
  optimizer: TorchArguments;
  /** Coupled penalty on the head's weight; 0 where absent. */
  headL2?: number;
  /** Highest norm of all gradients together; 0 or absent = any. */
  clipNorm?: number;
  /** Images that pass at a time; 0 or absent = all. */
  microBatch?: number;
  /** Weight of each class in the loss; null counts all alike. */
  classWeights: number[] | null;
  classes: number;
  /** Absent: plain cross-entropy. */
  loss?: StepLossInput;
  /** Elements that rounding alone decides, by parameter: ranges [from, to). */
  illConditioned: Record<string, [number, number][]>;
}

/** A fixture: everything that `radapt step` is given, and what PyTorch gave. */
export interface ReferenceCase {
  name: string;
  /** PEFT's adapter_config.json, or the like. */
  method: Record<string, unknown>;
  args: StepArguments;
  /** The .onnx file. */
  model: Uint8Array;
  /** pixel_values [B, 3, H, W]. */
  pixels: { shape: number[]; data: Float32Array };
  /** Class of each image. */
  labels: ArrayLike<number>;
  initial: NamedTensor[];
  /** loss [steps]; logits and grad.<name> of the first step; <name> after the last. */
  expected: NamedTensor[];
}

/** Files of a case that are bytes, in the order in which the stored file refers to them. */
export const byteFiles = ["model.onnx", "batch.safetensors", "init.safetensors", "expected.safetensors"] as const;

/** The stored file: `blobs` in base64, to which `files` points. */
export interface StoredFile {
  blobs: string[];
  cases: { name: string; method: Record<string, unknown>; args: unknown; files: number[] }[];
}

const decodeBase64 = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** @param files bytes of `byteFiles` */
export function parseCase(
  name: string,
  method: Record<string, unknown>,
  args: unknown,
  files: readonly Uint8Array[],
): ReferenceCase {
  const [model, batch, initial, expected] = files;
  const floats = (bytes: Uint8Array, file: string) =>
    readSafetensors(bytes, `${name}/${file}`).tensors.map((t) => ({ ...t, data: Float32Array.from(t.data) }));
  const { tensors } = readSafetensors(batch, `${name}/batch.safetensors`);
  const pixels = tensors.find((t) => t.name === "pixel_values")!;
  return {
    name,
    method,
    args: args as StepArguments,
    model,
    pixels: { shape: pixels.shape, data: pixels.data as Float32Array },
    labels: tensors.find((t) => t.name === "labels")!.data,
    initial: floats(initial, "init.safetensors"),
    expected: floats(expected, "expected.safetensors"),
  };
}

export async function loadStoredCases(): Promise<ReferenceCase[]> {
  const { blobs, cases } = (await import("./fixtures/cases.json")).default as StoredFile;
  return cases.map(({ name, method, args, files }) =>
    parseCase(
      name,
      method,
      args,
      files.map((k) => decodeBase64(blobs[k])),
    ),
  );
}
