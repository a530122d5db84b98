/**
 * The operators that graphs are made of, by type. `ops/index.ts` registers them: this room knows
 * their interface alone, so that each operator may be written with the graph's own words.
 */
import { assert, RadaptError } from "../../base/error";
import type { OpDef } from "./operator";

const operators = new Map<string, OpDef>();

/** Adds operators; a later one of the same type replaces an earlier one. */
export function registerOperators(defs: Iterable<OpDef>): void {
  for (const def of defs) operators.set(def.type, def);
}

/** @throws RadaptError `engine.unknown-op`; a plain error where nobody has registered operators */
export function opDef(type: string): OpDef {
  const def = operators.get(type);
  if (def) return def;
  assert(operators.size > 0, `${type} is asked for before operators are registered: import engine/ops`);
  throw new RadaptError(`unknown operator ${type}`, { code: "engine.unknown-op" });
}
