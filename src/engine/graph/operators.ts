/**
 * The registry of operators by type. `ops/index.ts` fills it. This folder knows only the interface
 * of an operator, so that the operators can import the graph.
 */
import { assert, RadaptError } from "../../base/error";
import type { OpDef } from "./operator";

const operators = new Map<string, OpDef>();

/** Adds operators. A later operator replaces an earlier one of the same type. */
export function registerOperators(defs: Iterable<OpDef>): void {
  for (const def of defs) operators.set(def.type, def);
}

/**
 * Finds an operator by type.
 *
 * @throws RadaptError `engine.unknown-op`
 * @throws Error where no operator is registered yet
 */
export function opDef(type: string): OpDef {
  const def = operators.get(type);
  if (def) return def;
  assert(operators.size > 0, `${type} is asked for before operators are registered: import engine/ops`);
  throw new RadaptError(`unknown operator ${type}`, { code: "engine.unknown-op" });
}
