/**
 * Reads and writes PEFT's adapter_config.json. Reading refuses a setting that Radapt does not know,
 * by name: ignoring it would silently train another method than the file describes.
 */
import { RadaptError } from "../../base/error";
import type { MethodSpec } from "../types";
import { type AdapterDef, completeConfig } from "./define";

type Json = Readonly<Record<string, unknown>>;

/**
 * Settings that do not change the result. Some tell where a file comes from or how random numbers
 * are drawn that a checkpoint contains anyway. Others have an effect only together with a switch
 * (use_qalora, megatron_config), and reading refuses that switch.
 */
const WITHOUT_EFFECT = new Set([
  "peft_type",
  "task_type",
  "auto_mapping",
  "base_model_name_or_path",
  "revision",
  "peft_version",
  "inference_mode",
  "projection_prng_key",
  "save_projection",
  "megatron_core",
  "qalora_group_size",
]);
/** Settings that select PEFT's own initial values where true. Radapt uses the same values. */
const DEFAULT_INITIAL_VALUES = new Set(["init_lora_weights", "init_ia3_weights", "init_weights"]);
/**
 * The name of Radapt's head. PEFT lists it among the modules that are trained and saved as a whole.
 */
const HEAD = "classifier";

/** Whether a setting has the value that PEFT writes for unused settings. */
function isUnused(key: string, value: unknown): boolean {
  if (WITHOUT_EFFECT.has(key)) return true;
  if (DEFAULT_INITIAL_VALUES.has(key)) return value === true;
  if (key === "modules_to_save" && Array.isArray(value)) return value.every((name) => name === HEAD);
  if (value === null || value === undefined || value === false || value === "none") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

const fitsPeftType = (def: AdapterDef, json: Json) =>
  Object.entries(def.peft.fixed ?? {}).every(([key, value]) => (json[key] ?? false) === value);

/**
 * Reads a method from PEFT's settings.
 *
 * @throws RadaptError `method.peft-type` for an unknown method
 * @throws RadaptError `method.peft-setting` for a setting that Radapt does not support
 * @throws RadaptError `method.config` for a value out of range
 */
export function parsePeftConfig(adapters: readonly AdapterDef[], json: Json): MethodSpec {
  const type = String(json.peft_type ?? "").toUpperCase();
  const def = adapters.find((a) => a.peft.type === type && fitsPeftType(a, json));
  if (!def) {
    throw new RadaptError("The method file names no method that Radapt knows", {
      code: "method.peft-type",
      where: "peft_type",
      expected: [...new Set(adapters.map((a) => a.peft.type))].join(", "),
      got: JSON.stringify(json.peft_type),
    });
  }
  const { fields, fixed = {} } = def.peft;
  const known = new Set([...Object.keys(fixed), ...Object.values(fields).map((f) => f.key)]);
  const stranger = Object.keys(json).find((key) => !known.has(key) && !isUnused(key, json[key]));
  if (stranger !== undefined) {
    throw new RadaptError(`The method file has a setting that Radapt does not know for ${def.label}: ${stranger}`, {
      code: "method.peft-setting",
      where: stranger,
      expected: `settings among ${[...known].join(", ")}; others unused (null, false, empty)`,
      got: JSON.stringify(json[stranger]),
      remedy: "Take the setting out of the file if the result may differ.",
    });
  }
  const entries = Object.entries(fields).map(([own, { key, default: fallback }]) => [own, json[key] ?? fallback]);
  const given = entries.filter(([, value]) => value !== undefined && value !== null);
  return { id: def.id, config: completeConfig(def, Object.fromEntries(given)) };
}

/**
 * Writes a method's settings as PEFT's file stores them. The head is among the modules that are
 * saved as a whole.
 *
 * @param config complete settings. If PEFT is to read the file, layers must have the names that
 *   PEFT matches.
 */
export function writePeftConfig(def: AdapterDef, config: Json): Record<string, unknown> {
  const { type, fields, fixed = {} } = def.peft;
  const settings = Object.entries(fields).map(([own, { key }]) => [key, config[own]]);
  const common = { peft_type: type, task_type: null, inference_mode: true, base_model_name_or_path: null };
  return { ...common, ...fixed, ...Object.fromEntries(settings), modules_to_save: [HEAD] };
}

const escapePattern = (name: string) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Names modules so that PEFT adapts these and no others. PEFT compares a list with the end of a
 * module's name, so that "norm" in a list also means "patch_embed.norm". It compares a string, as a
 * regular expression, with the whole name. The result is a list, as people write it, where every
 * name has a dot and no other module ends with it. Else it is a regular expression. A name without
 * a dot never goes into a list, because the graph does not show every module of the backbone.
 *
 * @param names whole names of the modules that are adapted
 * @param known names of the backbone's layers and normalisations
 */
export function nameModules(names: readonly string[], known: readonly string[]): string[] | string {
  const unique = [...new Set(names)];
  const others = known.filter((module) => !unique.includes(module));
  const isClear = (name: string) => name.includes(".") && !others.some((module) => module.endsWith(name));
  return unique.every(isClear) ? unique : unique.map(escapePattern).join("|");
}
