/** Names the group of cached features that one way of computing them shares. */
import { configHash } from "../base/hash";
import type { Preprocessing } from "../models/types";

/**
 * `<backbone sha256>/<hash of preprocessing and feature>/`: begins with the backbone, so that the
 * features of one can be deleted by prefix.
 */
export async function featureGroup(of: {
  sha256: string;
  preprocessing: Preprocessing;
  /** Kind of feature: pooled, cls, mean, … */
  feature: string;
}): Promise<string> {
  return `${of.sha256}/${await configHash({ preprocessing: of.preprocessing, feature: of.feature })}/`;
}
