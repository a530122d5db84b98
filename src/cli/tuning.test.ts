/** The file that keeps the choices of kernels. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kernelChoices } from "./tuning";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "radapt-tuning-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("choices of several adapters are kept in one file, in a folder that is made", async () => {
  const path = join(folder, "made", "kernels.json");
  const store = kernelChoices(path);
  expect(await store.get("one")).toBeUndefined();
  await store.put("one", { product: "registers" });
  await kernelChoices(path).put("two", {});
  expect(await store.get("one")).toEqual({ product: "registers" });
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ one: { product: "registers" }, two: {} });
});

test("a file that is damaged or cannot be read counts as empty", async () => {
  const path = join(folder, "damaged.json");
  await writeFile(path, "{ half");
  expect(await kernelChoices(path).get("one")).toBeUndefined();
  expect(await kernelChoices(join(path, "kernels.json")).get("one")).toBeUndefined();
});
