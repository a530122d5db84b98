/** Names a group of cached features: those of one backbone, preprocessing and kind of feature. */
import { configHash } from "../base/hash";
import type { Preprocessing } from "../models/types";

/**
 * `<backbone sha256>/<hash of preprocessing and feature>/`. The name begins with the backbone, so
 * that a prefix selects all features of one backbone for deletion.
 */
export async function featureGroup(of: {
  sha256: string;
  preprocessing: Preprocessing;
  /** Kind of feature: pooled, cls, mean, … */
  feature: string;
}): Promise<string> {
  return `${of.sha256}/${await configHash({ preprocessing: of.preprocessing, feature: of.feature })}/`;
}
