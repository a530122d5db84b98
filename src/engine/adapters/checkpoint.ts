/**
 * Writes and reads an adapter as Hugging Face PEFT stores it: adapter_config.json and
 * adapter_model.safetensors. PEFT silently ignores a key that it does not expect, so the export
 * reads its files back and compares them.
 * https://huggingface.co/docs/peft/developer_guides/checkpoint
 */
import { assert, RadaptError } from "../../base/error";
import { readSafetensors, writeSafetensors } from "../../base/safetensors";
import { type FeatureSource, plainFeature } from "../backbone/features";
import type { MethodSpec, NamedTensor } from "../types";
import { adapterOf, completeMethod, methodFromPeftConfig } from ".";
import { adapt, HEAD_BIAS, HEAD_WEIGHT, mismatch } from "./adapt";
import { nameModules, writePeftConfig } from "./peft-config";
import { findSites } from "./structure";

export const CONFIG_FILE = "adapter_config.json";
export const TENSORS_FILE = "adapter_model.safetensors";

/** The two files of an adapter. */
export interface AdapterFiles {
  /** Text of adapter_config.json. */
  config: string;
  /** Bytes of adapter_model.safetensors. */
  tensors: Uint8Array;
}

/**
 * The method's settings with layers named as PEFT names them, and a note where PEFT cannot read
 * them.
 */
function peftSettings(
  method: MethodSpec,
  sites: ReturnType<typeof findSites>,
): { config: Record<string, unknown>; note: string | null } {
  const { peft, label } = adapterOf(method.id);
  const { config } = completeMethod(method.id, method.config);
  if (peft.own) return { config, note: `PEFT has no ${label}: only Radapt reads this adapter.` };
  const modules = peft.modules?.(sites, config) ?? null;
  const nameless = Object.values(modules ?? {})
    .flat()
    .find((m) => !m.isModule)?.module;
  if (!modules || nameless) {
    return {
      config,
      note: `PEFT cannot name ${nameless ?? "a part of a fused projection"}: only Radapt reads this adapter.`,
    };
  }
  const known = [...sites.layers, ...sites.norms].map(({ module }) => module);
  const named = Object.entries(modules).map(([key, list]) => [
    key,
    nameModules(
      list.map(({ module }) => module),
      known,
    ),
  ]);
  return { config: { ...config, ...Object.fromEntries(named) }, note: null };
}

/**
 * Names and shapes of a checkpoint of the method without the head, and the width D of the feature.
 */
function expected(
  method: MethodSpec,
  backbone: FeatureSource,
): { shapes: Map<string, readonly number[]>; width: number } {
  const { bound, plain } = plainFeature({ ...backbone, batch: 1 });
  const { trainables, buffers } = adapt(method, plain, bound);
  return { shapes: new Map([...trainables, ...buffers].map((t) => [t.name, t.shape])), width: plain.shape[1] };
}

const shapeText = (shape: readonly number[]) => `[${shape.join(", ")}]`;

/**
 * Number of classes of the head, or null where the checkpoint has no head.
 *
 * @throws RadaptError `adapter.mismatch` for a part of a head, or a head of another width
 */
function classesOf(tensors: readonly NamedTensor[], width: number): number | null {
  const [weight, bias] = [HEAD_WEIGHT, HEAD_BIAS].map((name) => tensors.find((t) => t.name === name));
  if (!weight && !bias) return null;
  const fits = weight?.shape.length === 2 && weight.shape[1] === width;
  if (!fits) throw mismatch(HEAD_WEIGHT, `[classes, ${width}]`, weight ? shapeText(weight.shape) : "none of that name");
  const [classes] = weight.shape;
  if (bias && shapeText(bias.shape) === `[${classes}]`) return classes;
  throw mismatch(HEAD_BIAS, `[${classes}]`, bias ? shapeText(bias.shape) : "none of that name");
}

/**
 * Compares the tensors with those of the method.
 *
 * @returns the number of classes of the head among the tensors, or null
 * @throws RadaptError `adapter.mismatch` naming the first tensor that the method does not have or
 *   whose shape differs
 */
function assertFits(method: MethodSpec, backbone: FeatureSource, tensors: readonly NamedTensor[]): number | null {
  const { shapes, width } = expected(method, backbone);
  const given = tensors.filter((t) => t.name !== HEAD_WEIGHT && t.name !== HEAD_BIAS);
  for (const t of given) {
    const shape = shapes.get(t.name);
    if (!shape) throw mismatch(t.name, "a name among this method's tensors", "a tensor that the method does not have");
    if (shape.join() !== t.shape.join()) throw mismatch(t.name, shapeText(shape), shapeText(t.shape));
    shapes.delete(t.name);
  }
  const [left] = shapes;
  if (left) throw mismatch(left[0], `a tensor ${shapeText(left[1])}`, "none of that name");
  return classesOf(tensors, width);
}

/**
 * Writes an adapter's two files.
 *
 * @param tensors as `Trainer.exportTrainables` gives them
 * @param about metadata for the file of tensors, e.g. the backbone's hash
 * @returns the two files, and a note where only Radapt can read them or where there are no weights
 */
export function exportAdapter(
  backbone: FeatureSource,
  method: MethodSpec,
  tensors: readonly NamedTensor[],
  about: Readonly<Record<string, string>> = {},
): { files: AdapterFiles; note: string | null } {
  const { bound, plain } = plainFeature({ ...backbone, batch: 1 });
  const { label } = adapterOf(method.id);
  const { config, note: ofPeft } = peftSettings(method, findSites(plain, bound));
  const note = tensors.length > 0 ? ofPeft : `${label} learns no weights: the files hold its settings alone.`;
  const files: AdapterFiles = {
    config: `${JSON.stringify(writePeftConfig(adapterOf(method.id), config), null, 2)}\n`,
    tensors: writeSafetensors(tensors, { format: "pt", ...about }),
  };
  const back = importAdapter(files, backbone);
  assert(back.method.id === method.id && back.tensors.length === tensors.length, "the adapter reads back otherwise");
  back.tensors.forEach(({ name, data }, i) => {
    const same = name === tensors[i].name && data.every((v, k) => Object.is(v, tensors[i].data[k]));
    assert(same, `${name} reads back otherwise`);
  });
  return { files, note };
}

/** What the two files hold. */
export interface ImportedAdapter {
  method: MethodSpec;
  tensors: NamedTensor[];
  /** Number of classes of the head among the tensors, or null where there is no head. */
  classes: number | null;
}

/**
 * Reads the two files and compares them with the backbone.
 *
 * @throws RadaptError `adapter.config` for a file that is not JSON
 * @throws RadaptError `method.*` for a setting that Radapt does not support
 * @throws RadaptError `safetensors.bad` for a damaged file of tensors
 * @throws RadaptError `adapter.mismatch` naming the first tensor that does not fit
 */
export function importAdapter(files: AdapterFiles, backbone: FeatureSource): ImportedAdapter {
  const method = methodFromPeftConfig(parseJson(files.config));
  const read = readSafetensors(files.tensors, TENSORS_FILE).tensors;
  const tensors = read.map(({ name, shape, data }) => ({ name, shape, data: Float32Array.from(data) }));
  return { method, tensors, classes: assertFits(method, backbone, tensors) };
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch {
    // The error follows below.
  }
  throw new RadaptError("The adapter's settings are not JSON", {
    code: "adapter.config",
    where: CONFIG_FILE,
    expected: "a JSON object with peft_type",
    got: text.slice(0, 40),
    remedy: "Use the file that was saved beside the tensors.",
  });
}
