/**
 * The registry of operators: every file of this folder that exports operators is in it, with
 * nothing to register by hand.
 */
import { RadaptError } from "../../base/error";
import type { OnnxReader, OpDef } from "./define";

type OpModule = { default?: OpDef | readonly OpDef[]; readers?: Readonly<Record<string, OnnxReader>> };
const modules = import.meta.glob<OpModule>(
  ["./*.ts", "./*/index.ts", "!./*.test.ts", "!./define.ts", "!./testing.ts", "!./index.ts"],
  {
    eager: true,
  },
);

const registry = new Map<string, OpDef>();
const readers = new Map<string, OnnxReader>();

for (const module of Object.values(modules)) {
  for (const def of [module.default ?? []].flat()) {
    registry.set(def.type, def);
    for (const [opType, reader] of Object.entries(def.onnx)) readers.set(opType, reader);
  }
  for (const [opType, reader] of Object.entries(module.readers ?? {})) readers.set(opType, reader);
}

export const ops: ReadonlyMap<string, OpDef> = registry;
/** ONNX operators that can be read, each with its reader. */
export const onnxReaders: ReadonlyMap<string, OnnxReader> = readers;

export function opDef(type: string): OpDef {
  const def = registry.get(type);
  if (!def) throw new RadaptError(`unknown operator ${type}`, { code: "engine.unknown-op" });
  return def;
}
