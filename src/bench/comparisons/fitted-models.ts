/**
 * Two methods by the models that were fitted here: on the pooled out-of-fold predictions of one
 * repeat, DeLong's test of the ROC areas (stats/auc-difference.ts) and a paired bootstrap by
 * patient of any metric.
 *
 * It answers another question than the corrected t-test: how these models differ on such patients.
 * What another training would give it does not know, so that it never decides between methods.
 */

import { signedText } from "../../base/number-text";
import { levelText, pText } from "../figure-words";
import { metricOf } from "../metrics";
import { metricInputOf, type Pool, poolsOf } from "../pools";
import type { Prediction } from "../record";
import { type AucDifference, aucDifference, type BootstrapInterval, patientBootstrap } from "../stats";
import type { ComparedGroup } from "./compared-groups";
import { defineComparison } from "./comparison";

interface FittedModels {
  /** Difference a − b of the metric, with its percentile interval. */
  difference: BootstrapInterval;
  /** ROC areas of the positive class; null with more than two classes. */
  roc: AucDifference | null;
  images: number;
  /** Whether some patient has several images. */
  isClustered: boolean;
}

/** Of exactly two groups. */
export const fittedModels = defineComparison<FittedModels>({
  id: "fitted-models",
  label: "These fitted models on these patients",
  needs({ groups }) {
    if (groups.length !== 2) return "Choose two methods.";
    return pairedPredictions(groups[0], groups[1]).length > 0 || "The two have no predictions of one image in common.";
  },
  compute({ groups: [a, b], metric }) {
    const shared = pairedPredictions(a, b);
    const classes = a.records[0].dataset.classes.length;
    const metricAt = (of: 0 | 1, indices: Int32Array) => {
      const predictions = Array.from(indices, (i) => shared[i][of]);
      return metricOf(metric.id).compute(metricInputOf(predictions, classes));
    };
    const items = shared.map(([prediction]) => prediction);
    const patients = new Set(items.map(({ patient }) => patient)).size;
    const scored = shared.map(([x, y]) => ({
      patient: x.patient,
      positive: x.truth === 1,
      a: x.probabilities[1],
      b: y.probabilities[1],
    }));
    return {
      difference: patientBootstrap(items, (indices) => metricAt(0, indices) - metricAt(1, indices), { seed: 0 }),
      roc: classes === 2 ? aucDifference(scored) : null,
      images: items.length,
      isClustered: patients < items.length,
    };
  },
  says({ difference, roc, images, isClustered }, { metric, groups: [a, b] }) {
    const sentences = [
      `On ${images} images of ${difference.patients} patients, each predicted by a model that did not train on its ` +
        `patient, ${metric.label} of ${a.name} minus that of ${b.name} is ${withBounds(difference.value, difference)} ` +
        "by a bootstrap of the patients.",
    ];
    if (roc) sentences.push(rocSentence(roc, isClustered));
    sentences.push(
      "This speaks of the models that were fitted here, on these patients only: models trained anew may differ.",
    );
    return sentences.join(" ");
  },
});

function rocSentence(roc: AucDifference, isClustered: boolean): string {
  const test = isClustered
    ? "DeLong's test with Obuchowski's variance for several images per patient"
    : "DeLong's test";
  const areas = `ROC-AUC ${roc.aucA.toFixed(3)} against ${roc.aucB.toFixed(3)}`;
  if (Number.isNaN(roc.p)) return `${areas}; ${test} is not defined here.`;
  return `${areas}: difference ${withBounds(roc.difference, roc)}, ${pText(roc.p)} by ${test}.`;
}

function withBounds(value: number, { low, high, level }: { low: number; high: number; level: number }): string {
  return `${signedText(value)} (${levelText(level)} interval ${signedText(low)} to ${signedText(high)})`;
}

/** The predictions of both on each image, from the first partition and seed that both have. */
function pairedPredictions(a: ComparedGroup, b: ComparedGroup): [Prediction, Prediction][] {
  const isSame = (x: Pool, y: Pool) => x.splitSeed === y.splitSeed && x.seed === y.seed && x.round === y.round;
  const others = poolsOf(b.records);
  const own = poolsOf(a.records).find((pool) => others.some((other) => isSame(pool, other)));
  const other = own && others.find((pool) => isSame(own, pool));
  if (!own || !other) return [];
  const byImage = new Map(other.predictions.map((prediction) => [prediction.image, prediction]));
  return own.predictions.flatMap((prediction): [Prediction, Prediction][] => {
    const paired = byImage.get(prediction.image);
    return paired ? [[prediction, paired]] : [];
  });
}
