/**
 * Files of a run: its adapter in PEFT's format, or the adapted model as ONNX, each with what a user
 * needs to run it.
 */
import { RadaptError } from "../../base";
import {
  type AdapterFiles,
  CONFIG_FILE,
  exportAdapter,
  importAdapter,
  TENSORS_FILE,
} from "../../engine/adapters/checkpoint";
import { exportOnnx, type FeatureSource } from "../../engine/index";
import type { NamedTensor } from "../../engine/types";
import { CARD_FILE, cardMetadata, cardText, parseCard, type RunCard } from "./card";
import predictScript from "./predict.py?raw";
import { adapterReadme, modelReadme } from "./readme";

export const MODEL_FILE = "model.onnx";
export const SCRIPT_FILE = "predict.py";
const README_FILE = "README.md";

/** Files by name. */
export type Bundle = Record<string, Uint8Array>;

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The Python program that runs an exported model. */
const predictProgram = (): Uint8Array => utf8(predictScript);

/**
 * @param tensors as `Trainer.exportTrainables` gives them
 * @returns adapter_config.json, adapter_model.safetensors and radapt.json, and a note where only
 *   Radapt can read them
 */
export function adapterBundle(
  backbone: FeatureSource,
  card: RunCard,
  tensors: readonly NamedTensor[],
): { files: Bundle; note: string | null } {
  const about = { backbone: card.backbone.sha256, run: card.run };
  const { files, note } = exportAdapter(backbone, card.method, tensors, about);
  const described = utf8(cardText(note ? { ...card, note } : card));
  return {
    files: { [CONFIG_FILE]: utf8(files.config), [TENSORS_FILE]: files.tensors, [CARD_FILE]: described },
    note,
  };
}

/** Adds a README to the adapter's files. */
export function withReadme(files: Bundle): Bundle {
  return { ...files, [README_FILE]: utf8(adapterReadme(cardIn(files), configIn(files))) };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function fileIn(files: Bundle, name: string): Uint8Array {
  const found = files[name];
  if (found) return found;
  throw new RadaptError(`The adapter lacks ${name}.`, {
    code: "adapter.file",
    expected: [CONFIG_FILE, TENSORS_FILE, CARD_FILE].join(", "),
    got: Object.keys(files).join(", ") || "no file",
    remedy:
      name === CARD_FILE
        ? "Radapt writes it beside every adapter: it says which backbone, preprocessing and classes belong to it."
        : "Take the whole folder as it was saved or downloaded.",
  });
}

export const cardIn = (files: Bundle): RunCard => parseCard(text(fileIn(files, CARD_FILE)), CARD_FILE);
const configIn = (files: Bundle): Record<string, unknown> => JSON.parse(text(fileIn(files, CONFIG_FILE)));

const adapterIn = (files: Bundle): AdapterFiles => ({
  config: text(fileIn(files, CONFIG_FILE)),
  tensors: fileIn(files, TENSORS_FILE),
});

/**
 * The adapted model with a program that runs it.
 *
 * @throws RadaptError `adapter.*` where the adapter does not fit the backbone, `export.no-head`,
 *   `export.size`
 */
export function modelBundle(backbone: FeatureSource, files: Bundle): { files: Bundle; notes: string[] } {
  const card = cardIn(files);
  const { method, tensors, classes: own } = importAdapter(adapterIn(files), backbone);
  if (own === null) {
    throw new RadaptError("There is no model to write: what this run learnt has no head of weights.", {
      code: "export.no-head",
      where: `method ${card.method.label}`,
      expected: "a linear head, trained with the method",
      got: "none: the method decides by comparing with its training images",
      remedy:
        "Take a method that trains a head, such as the linear probe, or the nearest class mean by squared distance.",
    });
  }
  const { bytes, notes, classes } = exportOnnx(backbone, method, tensors, cardMetadata(card));
  if (classes !== card.classes.length) {
    throw new RadaptError("The adapter's head and its description name different numbers of classes.", {
      code: "card.classes",
      where: CARD_FILE,
      expected: `${classes} classes`,
      got: card.classes.join(", "),
      remedy: "Take the files of one run together.",
    });
  }
  const readme = utf8(modelReadme(card, notes));
  return { files: { [MODEL_FILE]: bytes, [SCRIPT_FILE]: predictProgram(), [README_FILE]: readme }, notes };
}
