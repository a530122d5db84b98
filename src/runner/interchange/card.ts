/**
 * The card of a run: the backbone with its preprocessing, the method, the classes. It is written
 * beside an adapter as radapt.json, and into an exported model as metadata.
 */
import { z } from "zod";
import { RadaptError } from "../../base";
import { flatOfSplit, splitOfFlat } from "../../bench/migrate-record";
import { preprocessingSchema, rolesSchema } from "../../bench/plan";
import { partLabel, partTitle, type RunSplit } from "../../bench/protocols";
import { regimeLabel } from "../../bench/regime";
import { featureKindIds } from "../../engine/backbone/feature-choice";
import type { Preprocessing } from "../../models/types";
import type { IdentifiedRun } from "../resolve";
import { version } from "../version";

export const CARD_FILE = "radapt.json";
const NOTICE = "research use only";

const fullPreprocessing = preprocessingSchema.transform((p): Preprocessing => ({ ...p, resize: p.resize ?? p.size }));

const cardSchema = z.object({
  schema: z.literal(1),
  /** Id of the run. */
  run: z.string(),
  /** Version that wrote the file. */
  radapt: z.string(),
  notice: z.string(),
  /** Class names in order of the head's rows. */
  classes: z.array(z.string()).min(2),
  backbone: z.object({
    name: z.string(),
    sha256: z.string(),
    preprocessing: fullPreprocessing,
    feature: z.enum(featureKindIds),
    roles: rolesSchema.optional(),
  }),
  method: z.object({ id: z.string(), label: z.string(), config: z.record(z.string(), z.unknown()) }),
  /** Why PEFT cannot read the adapter, where it cannot. */
  note: z.string().optional(),
  /**
   * What it was trained on: a fold, counted from 0, or a part of another split protocol in words.
   */
  trained: z.union([
    z.object({ regime: z.string(), fold: z.int(), folds: z.int(), seed: z.int() }),
    z.object({ regime: z.string(), part: z.string(), seed: z.int() }),
  ]),
});

export type RunCard = z.infer<typeof cardSchema>;

/** @param classes names in order of their labels */
export function cardOf({ id, config, labels }: IdentifiedRun, classes: readonly string[]): RunCard {
  const { sha256, preprocessing, feature, roles } = config.backbone;
  return cardSchema.parse({
    schema: 1,
    run: id,
    radapt: version,
    notice: NOTICE,
    classes: [...classes],
    backbone: { name: labels.backbone, sha256, preprocessing, feature, ...(roles && { roles }) },
    method: { id: config.method.id, label: labels.method, config: config.method.config },
    trained: { regime: regimeLabel(config.regime), ...partFields(config.split), seed: config.seed },
  });
}

const partFields = (split: RunSplit) => flatOfSplit(split) ?? { part: partLabel(split) };

/** The part of the split whose training images were used, e.g. "fold 1 of 5". */
export function cardPart({ trained }: RunCard): string {
  return "part" in trained ? trained.part : partLabel(splitOfCard(trained));
}

/** A card does not hold the split's seed, and no label depends on it. */
const splitOfCard = (trained: { fold: number; folds: number }) => splitOfFlat({ ...trained, splitSeed: 0 });

export const cardText = (card: RunCard): string => `${JSON.stringify(card, null, 2)}\n`;

/** @param where the file, for messages. @throws RadaptError `card.bad` */
export function parseCard(text: string, where: string): RunCard {
  const bad = (got: string) =>
    new RadaptError("The description beside the adapter is not what it should be.", {
      code: "card.bad",
      where,
      expected: `${CARD_FILE} as Radapt writes it beside an adapter`,
      got,
      remedy: "Take the whole folder as it was saved or downloaded.",
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad("no JSON");
  }
  const parsed = cardSchema.safeParse(json);
  if (!parsed.success) throw bad(z.prettifyError(parsed.error));
  return parsed.data;
}

/** The card as texts of an ONNX file (`metadata_props`). */
export function cardMetadata(card: RunCard): Record<string, string> {
  const { backbone, method } = card;
  return {
    preprocessing: JSON.stringify(backbone.preprocessing),
    classes: JSON.stringify(card.classes),
    backbone: backbone.name,
    backbone_sha256: backbone.sha256,
    feature: backbone.feature,
    method: JSON.stringify({ id: method.id, config: method.config }),
    method_label: method.label,
    trained: JSON.stringify(card.trained),
    run: card.run,
    radapt: card.radapt,
    notice: card.notice,
  };
}

/** What prediction needs of an exported model's texts. */
export interface ModelCard {
  preprocessing: Preprocessing;
  classes: string[];
}

/** @throws RadaptError `model.metadata` for a file that Radapt did not export */
export function parseMetadata(metadata: ReadonlyMap<string, string>, where: string): ModelCard {
  const read = <T>(key: string, schema: z.ZodType<T>): T => {
    let json: unknown;
    try {
      json = JSON.parse(metadata.get(key) ?? "");
    } catch {
      json = undefined;
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new RadaptError("The model does not say how images are to be prepared and what its classes are.", {
      code: "model.metadata",
      where,
      expected: `an ONNX file that Radapt exported, with "${key}" among its metadata_props`,
      got: metadata.size > 0 ? [...metadata.keys()].join(", ") : "no metadata",
      remedy: "Export the model with `radapt export`, or download it from the app's results.",
    });
  };
  return {
    preprocessing: read("preprocessing", fullPreprocessing),
    classes: read("classes", z.array(z.string()).min(2)),
  };
}

/** A file name out of words: "radapt-dinov2-s-lora-r-8-full-fold1-seed0-1a2b3c4d". */
export function fileStem({ backbone, method, trained, run }: RunCard): string {
  const { regime, seed } = trained;
  const words = [backbone.name, method.label, regime, partStem(trained), `seed${seed}`].map((text) =>
    text
      .normalize("NFKD")
      .replaceAll(/[^\p{L}\p{N}.]+/gu, "-")
      .replaceAll(/^[-.]+|[-.]+$/g, "")
      .toLowerCase(),
  );
  return ["radapt", ...words.filter(Boolean), run.slice(0, 8)].join("-");
}

function partStem(trained: RunCard["trained"]): string {
  if ("part" in trained) return trained.part;
  const { noun, title } = partTitle(splitOfCard(trained));
  return `${noun}${title}`;
}
