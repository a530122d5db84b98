/** A plan's split goes into a file and comes back as a predefined split of the same images. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../cli";
import { capturePrinted, writePlan, writeStudy } from "./testing";

const printed = capturePrinted();
const quick = { methods: [{ id: "nearest-mean" }] };
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("a split file gives the parts of the split that it came from", async () => {
  const dir = writeStudy();
  const file = join(dir, "split.json");
  const folds = writePlan(dir, quick);
  expect(await run(["split", folds, "--out", file])).toBe(0);
  const written = json(file);
  expect(written).toMatchObject({ format: "radapt-split", split: "3 folds by patient" });
  expect(written.parts.map(({ name }: { name: string }) => name)).toEqual(["fold 1", "fold 2", "fold 3"]);
  expect(printed.err).toContain(`3 parts, hash ${written.hash}`);

  const testedBy = async (plan: string, out: string) => {
    expect(await run(["run", plan, "--out", out, "--device", "cpu"]), printed.err).toBe(0);
    const { records } = json(join(out, "results.json")) as { records: { split: object; config: { split: object } }[] };
    return records;
  };
  const before = await testedBy(folds, join(dir, "folds"));
  const predefined = writePlan(dir, { ...quick, split: { protocol: "predefined", file: "split.json" } });
  const after = await testedBy(predefined, join(dir, "file"));
  expect(after.map(({ split }) => split)).toEqual(before.map(({ split }) => split));
  expect(after[0].config.split).toMatchObject({ protocol: "predefined", file: written.hash, part: "fold 1" });

  const again = join(dir, "again.json");
  expect(await run(["split", predefined, "--out", again])).toBe(0);
  expect(json(again).parts.map(({ test: tested }: { test: string[] }) => tested)).toEqual(
    written.parts.map(({ test: tested }: { test: string[] }) => tested),
  );
});

test("a changed file, another file, and images that are not there are refused", async () => {
  const dir = writeStudy();
  const file = join(dir, "split.json");
  expect(await run(["split", writePlan(dir, quick), "--out", file])).toBe(0);
  const written = json(file);
  const plan = writePlan(dir, { ...quick, split: { protocol: "predefined", file: "split.json" } });
  const refusal = async (content: object) => {
    writeFileSync(file, JSON.stringify(content));
    printed.err = "";
    expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu"])).toBe(1);
    return printed.err;
  };
  const [first, ...others] = written.parts;
  const parts = [{ ...first, test: [...first.test, "gone.png"] }, ...others];
  const changed = await refusal({ ...written, parts });
  expect(changed).toMatch(/do not belong to its hash/);
  const hash = /set "hash" to (\w+)/.exec(changed)?.[1];
  expect(await refusal({ ...written, parts, hash })).toMatch(/does not have[\s\S]*gone\.png/);
  expect(await refusal({ parts })).toMatch(/no split file[\s\S]*format/);
});
