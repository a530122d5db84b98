/**
 * One run of the shortcut audit: a logistic regression on a trivial input, with its C chosen on the
 * validation images, as a record like any other. It needs no device.
 */

import { auditInputOf } from "../../bench/audit/inputs";
import { classWeights, validationWeights } from "../../bench/class-weights";
import { computeMetrics } from "../../bench/metrics";
import type { RunRecord } from "../../bench/record";
import type { DatasetSource, FeatureStore } from "../../storage/types";
import { softmaxRows } from "../evaluate";
import type { Clock } from "../events";
import { standardization } from "../features";
import { fitProbe } from "../fit-probe";
import type { Decode } from "../images";
import { splitData } from "../prepare";
import { describeDataset } from "../record-run";
import type { IdentifiedRun } from "../resolve";
import { auditFeatures, pixelFacts } from "./audit-features";

export interface AuditContext {
  dataset: DatasetSource;
  decode: Decode;
  features: FeatureStore;
  clock: Clock;
  environment: Pick<RunRecord["environment"], "radapt" | "host">;
  signal?: AbortSignal;
}

/** Pixels of every image as the audit sees them; from the cache where it has them. */
export async function loadPixelFacts(context: AuditContext): Promise<Map<string, Float32Array>> {
  const { dataset, decode, features: store, signal } = context;
  const group = "shortcut/pixel-facts-1/";
  const { images } = dataset.row;
  const stored = await store.get(
    group,
    images.map(({ sha256 }) => sha256),
  );
  const facts = new Map<string, Float32Array>();
  const fresh: { image: string; feature: Float32Array }[] = [];
  for (const [i, { name, sha256 }] of images.entries()) {
    signal?.throwIfAborted();
    const known = stored[i];
    const feature =
      known ?? pixelFacts(await decode(new Uint8Array(await (await dataset.image(name)).arrayBuffer()), name));
    if (!known) fresh.push({ image: sha256, feature });
    facts.set(name, feature);
  }
  if (fresh.length > 0) await store.put(group, fresh);
  return facts;
}

/** @throws RadaptError of the split, `fit.one-class`; the signal's reason when aborted */
export async function runAudit(
  run: IdentifiedRun,
  facts: ReadonlyMap<string, Float32Array>,
  context: AuditContext,
): Promise<RunRecord> {
  const { dataset, clock, signal, environment } = context;
  const { config } = run;
  const { training, seed } = config;
  const started = clock.now();
  const data = splitData(run, context);
  const { train, val, test, classes, imageOf } = data;
  const features = auditFeatures(auditInputOf(config), dataset.row.images, facts);
  const probe = await fitProbe({
    train,
    val,
    classes,
    features,
    scale: standardization(train.names.map((name) => features.get(name)!)),
    weights: classWeights(train.labels, classes, training.classWeights, training.effectiveBeta),
    valWeights: validationWeights(train.labels, classes, training),
    C: 1,
    search: true,
    patientOf: (name) => imageOf(name).group ?? imageOf(name).patient,
    seed,
    clock,
    signal,
  });
  const probabilities = softmaxRows(await probe.logits(test.names), classes);
  const parameters = probe.head.weight.data.length + probe.head.bias.length;
  const { curve, epochs, bestEpoch, steps, msPerStep } = probe.outcome;
  return {
    schema: 2,
    id: run.id,
    config,
    labels: run.labels,
    dataset: describeDataset(dataset.row),
    split: data.split,
    trainCounts: data.trainCounts,
    trainableParameters: parameters,
    totalParameters: parameters,
    epochs,
    bestEpoch,
    steps,
    msPerStep,
    wallMs: clock.now() - started,
    curve,
    ...(probe.penalty && { penalty: probe.penalty }),
    predictions: test.names.map((image, i) => ({
      image,
      patient: imageOf(image).patient,
      truth: test.labels[i],
      probabilities: probabilities[i],
    })),
    metrics: computeMetrics({ truth: test.labels, probabilities, classes }),
    environment: { ...environment, device: "processor", featureRuntime: "none" },
    warnings: [],
    finishedAt: clock.iso(),
  };
}
