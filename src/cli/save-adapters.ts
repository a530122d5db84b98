/** Keeps what each run learnt, in PEFT's layout: <out>/adapters/<run>/adapter_config.json and adapter_model.safetensors. */
import { join } from "node:path";
import { CONFIG_FILE, exportAdapter, TENSORS_FILE } from "../engine/checkpoint";
import type { KeepAdapter } from "../runner/run-one";
import { writeAtomically } from "../storage/node/atomic";

/** @param say told once for each method that only Radapt reads */
export function saveAdapters(out: string, say: (line: string) => void): KeepAdapter {
  const told = new Set<string>();
  return async ({ id, config, labels }, backbone, tensors) => {
    const about = { backbone: config.backbone.sha256, run: id };
    const { files, note } = exportAdapter(backbone, config.method, tensors, about);
    const folder = join(out, "adapters", id);
    await writeAtomically(join(folder, TENSORS_FILE), files.tensors);
    await writeAtomically(join(folder, CONFIG_FILE), files.config);
    if (note && !told.has(note)) say(`${labels.method}: ${note}`);
    if (note) told.add(note);
  };
}
