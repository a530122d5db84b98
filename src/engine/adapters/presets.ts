/** Presets with the settings of the study arXiv 2506.18434, for the methods that it compares. */
import type { Preset } from "./define";

/**
 * The study's learning rate for the backbone, and the middle one of those that it tries for the
 * head.
 */
const training = { lr: 1e-4, headLr: 1e-3 };

/** All learning rates that the study tries for the head. Trying three takes three times as long. */
const headLrs = [1e-2, 1e-3, 1e-4];

/** Two presets: one with the middle head rate, and one where validation chooses the head rate. */
export const studyPreset = <C>(config: Partial<C>, suffix = ""): Preset<C>[] => [
  { label: `As in arXiv 2506.18434${suffix}`, config, training },
  { label: `As in arXiv 2506.18434${suffix}, head rate by validation`, config, training: { ...training, headLrs } },
];

/** The presets for each rank. */
export const studyPresets = <C>(ranks: readonly number[], config: (r: number) => Partial<C>): Preset<C>[] =>
  ranks.flatMap((r) => studyPreset(config(r), `, r ${r}`));
