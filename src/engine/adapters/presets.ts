/** Settings of the study arXiv 2506.18434, as rows of the methods that it compares. */
import type { Config, Preset } from "./define";

/** The study's learning rates: the backbone's, and the middle of those it tries for the head. */
const training = { lr: 1e-4, headLr: 1e-3 };

export const studyPreset = (config: Config): Preset => ({ label: "As in arXiv 2506.18434", config, training });

/** One preset for each rank. */
export const studyPresets = (ranks: readonly number[], config: (r: number) => Config): Preset[] =>
  ranks.map((r) => ({ ...studyPreset(config(r)), label: `As in arXiv 2506.18434, r ${r}` }));
