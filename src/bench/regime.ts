/**
 * The amount of training data: all of the training part, or a few images of it. A few-shot regime
 * has one of the scenarios of SS-Text (few-shot-MedVLMs), since real samples are rarely balanced,
 * or draws by centre as the study of prognosis does (arXiv 2506.18434).
 */
import { z } from "zod";

/** How a few-shot run draws its training images, with k images per class asked for. */
export const shotScenarios = {
  standard: "k images of each class",
  relaxed: "as many images in the natural class ratio, at least one of each class",
  realistic: "as many images as they come; a class may be absent",
  "centre-wise": "k images of each class from each centre",
} as const;
export type ShotScenario = keyof typeof shotScenarios;

/** Where a few-shot run takes its validation images from. */
export const shotValidations = {
  separate: "from the validation part, as many as it trains on",
  "from-shots": "a quarter of the drawn images, so that training and validation together use k",
  none: "no validation images: no early stopping, settings as given or by inner folds",
} as const;
export type ShotValidation = keyof typeof shotValidations;

export interface ShotRegime {
  shots: number;
  /** Absent for "standard". */
  scenario?: ShotScenario;
  /** Absent for "separate". */
  validation?: ShotValidation;
}

const idsOf = <T extends string>(words: Record<T, string>) => Object.keys(words) as [T, ...T[]];
const described = (words: Record<string, string>) =>
  Object.entries(words)
    .map(([id, text]) => `${id}: ${text}`)
    .join(". ");

/** Leaves the defaults out, so that runs of earlier plans keep their ids. */
function withoutDefaults({ shots, scenario, validation }: ShotRegime): ShotRegime {
  return {
    shots,
    ...(scenario && scenario !== "standard" && { scenario }),
    ...(validation && validation !== "separate" && { validation }),
  };
}

const shotSchema = z
  .strictObject({
    shots: z.int().min(1).max(4096).describe("Images per class, k"),
    scenario: z
      .enum(idsOf(shotScenarios))
      .optional()
      .describe(`Default standard. ${described(shotScenarios)}`),
    validation: z
      .enum(idsOf(shotValidations))
      .optional()
      .describe(`Default separate. ${described(shotValidations)}`),
  })
  .overwrite(withoutDefaults);

/** "full" trains on every training image; `shots` is the number of images per class. */
export const regimeSchema = z.union([z.literal("full"), shotSchema]);
export type Regime = "full" | ShotRegime;

/** Training images per class that a regime needs; Infinity for "full". */
export function regimeCost(regime: Regime): number {
  return regime === "full" ? Number.POSITIVE_INFINITY : regime.shots;
}

const validationWords: Record<ShotValidation, string> = {
  separate: "",
  "from-shots": ", validation among them",
  none: ", no validation",
};

/** "full", "8-shot", or e.g. "8-shot realistic, no validation". */
export function regimeLabel(regime: Regime): string {
  if (regime === "full") return "full";
  const { shots, scenario = "standard", validation = "separate" } = regime;
  return `${shots}-shot${scenario === "standard" ? "" : ` ${scenario}`}${validationWords[validation]}`;
}
