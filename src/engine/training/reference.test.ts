/**
 * Optimisation steps against PyTorch's (tools/reference), on the CPU interpreter; `wasm/` and
 * `reference.gpu.test.ts` have the same on their devices.
 */
import { expect, test } from "vitest";
import { createCpuDevice } from "../index";
import { referenceCases, referenceErrors } from "../selftest/testing";

test("there are cases", () => expect(referenceCases.length).toBeGreaterThanOrEqual(9));

test.each(referenceCases)("%s on the CPU interpreter", async (name) => {
  const errors = await referenceErrors(name, createCpuDevice());
  expect(errors.length).toBeGreaterThan(3);
  expect(errors.filter(({ error }) => !(error < 1e-3))).toEqual([]);
});
