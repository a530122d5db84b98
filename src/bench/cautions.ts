/** What a person should hear about training settings that are allowed and yet hardly meant. */
import type { Training } from "./training";

/** Each in a sentence; empty when there is nothing to say. */
export function trainingCautions({ classWeights, sampling, loss }: Training): string[] {
  const corrections = [
    sampling === "balanced" && "balanced sampling",
    loss === "logit-adjusted" && "the logit-adjusted loss",
    classWeights !== "none" && `${classWeights} class weights`,
  ].filter((correction) => correction !== false);
  if (corrections.length < 2) return [];
  const listed = `${corrections.slice(0, -1).join(", ")} and ${corrections.at(-1)}`;
  const both = corrections.length === 2 ? "both" : "all";
  return [`${listed[0].toUpperCase()}${listed.slice(1)} ${both} correct for rare classes: one suffices.`];
}
