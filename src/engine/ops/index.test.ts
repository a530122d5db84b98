/** The list of operators against the files of this folder. */
import { expect, test } from "vitest";
import type { OpDef } from "../graph/operator";
import { opDef } from "../graph/operators";
import { modules, ops } from "./index";

interface OpFile {
  default?: OpDef | readonly OpDef[];
  readers?: object;
}

const files = import.meta.glob<OpFile>(["./*.ts", "./*/index.ts", "!./*.test.ts", "!./index.ts"], { eager: true });

test("every file that defines operators or their readers is listed", () => {
  const isListed = (file: OpFile) =>
    modules.some((module) => module.default === file.default && module.readers === file.readers);
  const defining = Object.entries(files).filter(([, file]) => file.default ?? file.readers);
  expect(defining).toHaveLength(modules.length);
  expect(defining.flatMap(([path, file]) => (isListed(file) ? [] : path))).toEqual([]);
});

test("every operator is registered under its type", () => {
  expect(ops.size).toBeGreaterThan(50);
  for (const [type, def] of ops) expect(opDef(type)).toBe(def);
  expect(() => opDef("NoSuchOperator")).toThrow("unknown operator NoSuchOperator");
});
