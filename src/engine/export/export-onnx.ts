/**
 * Writes the adapted model as an ONNX file that any ONNX Runtime runs: images in, logits and
 * probabilities out, for any number of images. Where the method allows it, what it learnt is merged
 * into the weights. Otherwise the adapter's own operators stand in the graph.
 */
import { RadaptError } from "../../base/error";
import { adapterOf } from "../adapters";
import { HEAD_BIAS, HEAD_WEIGHT, mismatch } from "../adapters/adapt";
import { attachAdapter, mergeAdapter } from "../adapters/merge";
import { fixedBatch, type OpenedModel } from "../backbone/bind";
import type { FeatureSource } from "../backbone/features";
import { Builder } from "../graph/builder";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { verify } from "../graph/verify";
import { writeOnnx } from "../onnx/writer";
import { foldFrozen } from "../passes/fold";
import { forInference } from "../passes/inference";
import type { MethodSpec, NamedTensor } from "../types";

/** Protocol buffers end at 2 GiB. This leaves some room for the nodes. */
const MAX_BYTES = 2 ** 31 - 2 ** 24;

/**
 * The batch sizes at which the graph is built to see which numbers depend on them: primes that no
 * layer's width equals.
 */
const [BATCH, ...OTHER_BATCHES] = [23, 29, 31];

export interface ExportedModel {
  bytes: Uint8Array<ArrayBuffer>;
  /** Name of the image input, [N, C, H, W]. Where `batch` is a number, N is fixed to it. */
  input: { name: string; shape: [number, number, number] };
  /** Number of images that the file takes; null for any number. */
  batch: number | null;
  classes: number;
  /** True if the learnt weights are merged into the backbone's. */
  merged: boolean;
  /** What a person should know of the file. */
  notes: string[];
}

interface Head {
  weight: NamedTensor;
  bias: NamedTensor;
}

/** @throws RadaptError `adapter.mismatch` if the head is missing or has another width */
function headOf(tensors: ReadonlyMap<string, NamedTensor>, width: number): Head {
  const weight = tensors.get(HEAD_WEIGHT);
  const bias = tensors.get(HEAD_BIAS);
  const shapeOf = (t: NamedTensor | undefined) => (t ? `[${t.shape.join(", ")}]` : "none of that name");
  if (weight?.shape.length !== 2 || weight.shape[1] !== width)
    throw mismatch(HEAD_WEIGHT, `the head's weight [classes, ${width}]`, shapeOf(weight));
  if (bias?.shape.length !== 1 || bias.shape[0] !== weight.shape[0])
    throw mismatch(HEAD_BIAS, `the head's bias [${weight.shape[0]}]`, shapeOf(bias));
  return { weight, bias };
}

/**
 * @param merging merged weights in the order in which the builds ask for them; computed once for
 *   all builds
 */
function buildAtBatch(
  options: FeatureSource,
  method: MethodSpec,
  tensors: readonly NamedTensor[],
  batch: number,
  merging: Tensor[],
) {
  const graph = { ...options, method, batch };
  const isMerged = adapterOf(method.id).mergeable;
  const { feature } = isMerged ? mergeAdapter(graph, tensors, merging) : attachAdapter(graph, tensors);
  const { weight, bias } = headOf(new Map(tensors.map((t) => [t.name, t])), feature.shape[1]);
  const b = new Builder();
  const w = b.parameter("classifier.weight", tensor(weight.shape, weight.data));
  const logits = b.add(
    b.matmul(feature, w, false, true),
    b.parameter("classifier.bias", tensor(bias.shape, bias.data)),
  );
  const outputs = foldFrozen(forInference([logits, b.op("Softmax", [logits])]));
  verify(outputs, "export");
  return { outputs, classes: weight.shape[0] };
}

function assertSize(outputs: readonly Value[]): void {
  const bytes = 4 * topological(outputs).reduce((sum, v) => sum + (v.data ? sizeOf(v.shape) : 0), 0);
  if (bytes <= MAX_BYTES) return;
  throw new RadaptError("The adapted model is too large for one ONNX file", {
    code: "export.size",
    expected: `at most ${(MAX_BYTES / 1e9).toFixed(1)} GB of weights, as protocol buffers allow`,
    got: `${(bytes / 1e9).toFixed(1)} GB`,
    remedy: "Keep the adapter beside the backbone: download the adapter instead.",
  });
}

/**
 * @param tensors as `Trainer.exportTrainables` gives them, with the head, which includes its
 *   standardisation
 * @param metadata texts that the file keeps
 * @returns a file of opset 18 with the outputs "logits" and "probabilities" [N, classes]
 * @throws RadaptError `adapter.mismatch`, `export.size`
 */
export function exportOnnx(
  backbone: FeatureSource,
  method: MethodSpec,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): ExportedModel {
  const { file, info } = backbone.model as OpenedModel;
  const merging: Tensor[] = [];
  const buildFor = (batch: number) => buildAtBatch(backbone, method, tensors, batch, merging);
  const write = (batch: number, others: readonly number[]) => {
    const { outputs, classes } = buildFor(batch);
    assertSize(outputs);
    const freeBatch = others.length
      ? { batch, others: others.map((n) => ({ batch: n, outputs: buildFor(n).outputs })) }
      : undefined;
    const named = ["logits", "probabilities"].map((name, i) => ({ name, value: outputs[i] }));
    const { bytes, inputs } = writeOnnx(named, { metadata, freeBatch });
    const [[input, name]] = inputs;
    const [, c, h, w] = input.shape;
    return { bytes, classes, input: { name, shape: [c, h, w] as [number, number, number] } };
  };
  const merged = adapterOf(method.id).mergeable;
  const notes = merged ? [] : [`${adapterOf(method.id).label}: the adapter's own operators stand in the graph.`];
  notes.push(...info.notes);
  try {
    return { ...write(BATCH, OTHER_BATCHES), batch: null, merged, notes };
  } catch (error) {
    const isFixed =
      error instanceof RadaptError && ["export.batch", "onnx.fixed-batch", "engine.shape"].includes(error.code);
    if (!isFixed) throw error;
    const batch = fixedBatch(file);
    const images = batch === 1 ? "one image" : `${batch} images`;
    const note = `The model takes ${images} at a time: its graph cannot be written for any number of them (${error.parts.got}).`;
    return { ...write(batch, []), batch, merged, notes: [...notes, note] };
  }
}
