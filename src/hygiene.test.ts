/** Rules that a reviewer should not have to remember: sizes, line lengths, skipped tests. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Paths below a folder of the repository whose names match, without installed and built files. */
const list = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => pattern.test(path) && !/(^|\/)(node_modules|dist)\//.test(path));

/** An empty list would let every rule pass. */
function filled(paths: string[]): string[] {
  expect(paths.length).toBeGreaterThan(0);
  return paths;
}

const sources = list("src", /\.tsx?$/).filter((path) => !path.endsWith(".gen.ts"));
const code = [...sources, ...list("e2e", /\.tsx?$/), ...list("tools", /\.(ts|mjs)$/)];
const documents = [
  ...readdirSync(root).filter((path) => path.endsWith(".md")),
  ...["docs", "tools", "src"].flatMap((folder) => list(folder, /\.md$/)),
];

/** Columns as a reader counts them: one for each character, whatever its bytes. */
const columns = (line: string): number => [...line].length;
const isComment = (line: string): boolean => /^\s*(\/\/|\/?\*)/.test(line);

/** A document without tables, code blocks, pictures, and what a program writes between markers. */
function prose(document: string): string[] {
  return document
    .replace(/<!-- (bench \w+) -->[\s\S]*?<!-- \/\1 -->/g, "")
    .replace(/^```[\s\S]*?^```/gm, "")
    .split("\n")
    .filter((line) => !/^\s*\||^!\[/.test(line));
}

/** `path:line` of each line that is too long. */
const tooLong = (path: string, lines: readonly string[], limit: (line: string) => number): string[] =>
  lines.flatMap((line, i) => (columns(line) > limit(line) ? [`${path}:${i + 1}`] : []));

test("no source file is longer than 400 lines", () => {
  const lines = (path: string) => read(path).split("\n").length - 1;
  expect(filled(sources).filter((path) => lines(path) > 400)).toEqual([]);
});

/** A break would change a template literal or a pattern, or cut a test's name. */
const isUnbreakable = (line: string): boolean => /`|\$\{|^\s*(it|test)\(|^\s*\/\^|biome-ignore/.test(line);

test("code has at most 120 columns, comments at most 100, what no break may cut apart", () => {
  const limit = (line: string) => (isUnbreakable(line) ? Number.POSITIVE_INFINITY : isComment(line) ? 100 : 120);
  expect(filled(code).flatMap((path) => tooLong(path, read(path).split("\n"), limit))).toEqual([]);
});

test("documents have at most 100 columns, tables and code blocks apart", () => {
  expect(filled(documents).flatMap((path) => tooLong(path, prose(read(path)), () => 100))).toEqual([]);
});

test("every source file, tests included, says what it is in a comment at its head", () => {
  expect(filled(code).filter((path) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(read(path)))).toEqual([]);
});

test("a source file that a comment or document names exists", () => {
  const paths = [...list("src", /./), ...list("e2e", /./), ...list("tools", /./), ...readdirSync(root)];
  const exists = (name: string) => paths.some((path) => path === name || path.endsWith(`/${name}`));
  const named = (text: string) => [...text.matchAll(/[`(]((?:[\w-]+\/)*[\w.-]+\.(?:tsx?|mjs))[`)]/g)].map((m) => m[1]);
  const comments = (path: string) => read(path).split("\n").filter(isComment).join("\n");
  const texts = [
    ...filled(code).map((path) => [path, comments(path)] as const),
    ...filled(documents).map((path) => [path, read(path)] as const),
  ];
  const missing = texts.flatMap(([path, text]) =>
    named(text).flatMap((name) => (exists(name) ? [] : `${path}: ${name}`)),
  );
  expect(missing).toEqual([]);
});

test("no test is skipped, focused or left for later", () => {
  const marks = /\b(?:it|test|describe)\.(?:skip|only|todo|fixme|skipIf|runIf)\b/;
  expect(filled([...sources, ...list("e2e", /\.tsx?$/)]).filter((path) => marks.test(read(path)))).toEqual([]);
});

test("types are not silenced", () => {
  const silenced = /@ts-ignore|@ts-nocheck|@ts-expect-error|\bas any\b|: any\b/;
  const checked = filled(sources).filter((path) => !path.endsWith("hygiene.test.ts"));
  expect(checked.filter((path) => silenced.test(read(path)))).toEqual([]);
});

test("the lock file names no registry", () => {
  expect(read("package-lock.json")).not.toMatch(/"resolved":\s*"https?:/);
});
