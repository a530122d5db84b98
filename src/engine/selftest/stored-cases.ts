/**
 * PyTorch's steps as the build contains them: the smallest case of tools/reference/fixtures for
 * each method, optimiser and loss. Equal files are stored once. They load on demand. `npx vitest
 * run --project unit stored-cases -u` generates the file from the fixtures.
 */

import { readSafetensors } from "../../base/safetensors";
import type { TorchArguments } from "../optim";
import type { StepLossInput } from "../training/step-loss";
import type { NamedTensor } from "../types";

/** The settings of a case's steps. */
export interface StepArguments {
  steps: number;
  optimizer: TorchArguments;
  /** L2 penalty on the head's weight. Absent: 0. */
  headL2?: number;
  /** Largest norm of all gradients together. 0 or absent: no limit. */
  clipNorm?: number;
  /** Images per micro-batch. 0 or absent: the whole batch. */
  microBatch?: number;
  /** Weight of each class in the loss. null: all classes have weight 1. */
  classWeights: number[] | null;
  classes: number;
  /** Absent: plain cross-entropy. */
  loss?: StepLossInput;
  /** Elements that depend on rounding alone, as ranges [from, to) for each parameter. */
  illConditioned: Record<string, [number, number][]>;
}

/** A fixture: the input of `radapt step` and PyTorch's results. */
export interface ReferenceCase {
  name: string;
  /** The method as PEFT's adapter_config.json. */
  method: Record<string, unknown>;
  args: StepArguments;
  /** The .onnx file. */
  model: Uint8Array;
  /** pixel_values [B, 3, H, W]. */
  pixels: { shape: number[]; data: Float32Array };
  /** Class of each image. */
  labels: ArrayLike<number>;
  initial: NamedTensor[];
  /** loss [steps]; logits and grad.<name> of the first step; <name> after the last step. */
  expected: NamedTensor[];
}

/** Binary files of a case, in the order of the indices in the stored file. */
export const byteFiles = ["model.onnx", "batch.safetensors", "init.safetensors", "expected.safetensors"] as const;

/** The stored file. `blobs` are base64, and each case's `files` are indices into them. */
export interface StoredFile {
  blobs: string[];
  cases: { name: string; method: Record<string, unknown>; args: unknown; files: number[] }[];
}

const decodeBase64 = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/**
 * Parses a case.
 *
 * @param files bytes of the files that `byteFiles` names
 */
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

/** Loads the cases that the build contains. */
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
