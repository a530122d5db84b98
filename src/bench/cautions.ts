/** Warnings about training settings that are allowed but that hardly anybody intends. */
import { lossDef } from "../engine/losses";
import type { Training } from "./training";

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
