/** Checks the error of a graph without registered operators. */
import { expect, test } from "vitest";
import { Builder } from "./builder";
import { tensor } from "./tensor";

test("an operator that is asked for before any is registered names the import that is missing", () => {
  const b = new Builder();
  const x = b.constant(tensor([1], [1]));
  expect(() => b.add(x, x)).toThrow("Add is asked for before operators are registered: import engine/ops");
});
