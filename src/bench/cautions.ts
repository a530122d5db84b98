/**
 * Warnings about settings that are allowed but that hardly anybody intends, and about splits whose
 * results may be too good.
 */
import { lossDef } from "../engine/losses";
import type { RunRecord } from "./record";
import type { Training } from "./training";

/**
 * What a reader of results must know of a split without patients, as a sentence; empty for a split
 * by patient.
 */
export function groupingCautions({ grouping }: Pick<RunRecord["dataset"], "grouping">): string[] {
  if (grouping === "patient") return [];
  return [
    "No patient column was chosen, so the images were split one by one. If a patient has several images, some of " +
      "them may be in training and others in test: the figures may then be better than for new patients.",
  ];
}

/** Gives each warning as a sentence for the user. */
export function trainingCautions({ classWeights, sampling, loss }: Training): string[] {
  const { correctsImbalance, label } = lossDef(loss);
  const corrections = [
    sampling === "balanced" && "balanced sampling",
    correctsImbalance && `the ${label.toLowerCase()} loss`,
    classWeights !== "none" && `${classWeights} class weights`,
  ].filter((correction) => typeof correction === "string");
  if (corrections.length < 2) return [];
  const listed = `${corrections.slice(0, -1).join(", ")} and ${corrections.at(-1)}`;
  const both = corrections.length === 2 ? "both" : "all";
  return [`${listed[0].toUpperCase()}${listed.slice(1)} ${both} correct for rare classes: one suffices.`];
}
