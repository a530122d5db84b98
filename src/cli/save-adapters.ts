/**
 * Saves what each run learned in PEFT's layout: <out>/adapters/<run>/, with Radapt's description
 * beside it.
 */
import { join } from "node:path";
import { adapterBundle } from "../runner/interchange/bundle";
import { cardOf } from "../runner/interchange/card";
import type { KeepAdapter } from "../runner/run-context";
import { writeAtomically } from "../storage/node/atomic";

/** @param say prints a line once for each method that only Radapt can read */
export function saveAdapters(out: string, say: (line: string) => void): KeepAdapter {
  const printed = new Set<string>();
  return async ({ run, classes, backbone, tensors }) => {
    const { files, note } = adapterBundle(backbone, cardOf(run, classes), await tensors());
    const folder = join(out, "adapters", run.id);
    for (const [name, bytes] of Object.entries(files)) await writeAtomically(join(folder, name), bytes);
    if (note && !printed.has(note)) say(`${run.labels.method}: ${note}`);
    if (note) printed.add(note);
  };
}
