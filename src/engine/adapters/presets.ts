/** Settings of the study arXiv 2506.18434, as rows of the methods that it compares. */
import type { Preset } from "./define";

/** The study's learning rates: the backbone's, and the middle of those it tries for the head. */
const training = { lr: 1e-4, headLr: 1e-3 };

/** All that it tries for the head, at as many times the cost. */
const headLrs = [1e-2, 1e-3, 1e-4];

/** The study's settings, with its middle head rate and with the one that validation chooses. */
export const studyPreset = <C>(config: Partial<C>, suffix = ""): Preset<C>[] => [
  { label: `As in arXiv 2506.18434${suffix}`, config, training },
  { label: `As in arXiv 2506.18434${suffix}, head rate by validation`, config, training: { ...training, headLrs } },
];

/** The presets of each rank. */
export const studyPresets = <C>(ranks: readonly number[], config: (r: number) => Partial<C>): Preset<C>[] =>
  ranks.flatMap((r) => studyPreset(config(r), `, r ${r}`));
