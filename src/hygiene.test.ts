/** Rules of the repository that a reviewer should not have to remember: sizes, skipped tests, download addresses. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const list = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => /\.tsx?$/.test(path) && !path.includes("/dist/"));
const sources = list("src");

test("no source file is longer than 400 lines", () => {
  const lines = (path: string) => read(path).split("\n").length - 1;
  const written = sources.filter((path) => !path.endsWith(".gen.ts"));
  expect(written.filter((path) => lines(path) > 400)).toEqual([]);
});

test("no test is skipped, focused or left for later", () => {
  const marks = /\b(?:it|test|describe)\.(?:skip|only|todo|fixme|skipIf|runIf)\b/;
  expect([...sources, ...list("e2e")].filter((path) => marks.test(read(path)))).toEqual([]);
});

test("types are not silenced", () => {
  const silenced = /@ts-ignore|@ts-nocheck|@ts-expect-error|\bas any\b|: any\b/;
  const checked = sources.filter((path) => !path.endsWith(".gen.ts") && !path.endsWith("hygiene.test.ts"));
  expect(checked.filter((path) => silenced.test(read(path)))).toEqual([]);
});

test("the lock file names no registry", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved":\s*"https?:/);
});
