/**
 * The file of stored cases is generated from tools/reference/fixtures by `npx vitest run --project
 * unit stored-cases -u`. A new method, optimiser or loss needs only a fixture. Without one, this
 * test fails.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { methodFromPeftConfig, steppedMethods } from "../adapters";
import { DEFAULT_LOSS, lossNames } from "../losses";
import { optimizerNames } from "../optim";
import { byteFiles, loadStoredCases, type StepArguments, type StoredFile } from "./stored-cases";

const root = fileURLToPath(new URL("../../../tools/reference/fixtures", import.meta.url));

const otherOptimizers = optimizerNames.filter((name) => name !== "adamw");

/** Fixtures of these losses also use label smoothing and class weights. */
const otherLosses = lossNames.filter((name) => name !== DEFAULT_LOSS);

type Fixture = ReturnType<typeof readFixture>;

function readFixture(name: string) {
  const json = (file: string) => JSON.parse(readFileSync(join(root, name, file), "utf8"));
  const blobs = byteFiles.map((file) => readFileSync(join(root, name, file)).toString("base64"));
  const method = json("method.json");
  const args: StepArguments = json("args.json");
  return {
    name,
    method,
    args,
    blobs,
    id: methodFromPeftConfig(method).id,
    size: blobs.join().length,
  };
}

const isPlain = ({ args }: Fixture) =>
  args.optimizer.name === "adamw" && !args.loss && !args.clipNorm && !args.microBatch;

/**
 * The smallest fixture of each method with plain AdamW, in the registry's order, and of each other
 * optimiser and loss.
 */
function smallestOfEach() {
  const fixtures = readdirSync(root)
    .map(readFixture)
    .sort((a, b) => a.size - b.size || a.name.localeCompare(b.name));
  const first = (fits: (f: Fixture) => boolean) => fixtures.filter(fits).slice(0, 1);
  return [
    ...steppedMethods.flatMap(({ id }) => first((f) => f.id === id && isPlain(f))),
    ...otherOptimizers.flatMap((name) => first((f) => f.args.optimizer.name === name)),
    ...otherLosses.flatMap((name) => first((f) => f.args.loss?.name === name)),
  ];
}

function print(): string {
  const blobs: string[] = [];
  const place = (blob: string) => (blobs.includes(blob) ? blobs.indexOf(blob) : blobs.push(blob) - 1);
  const cases = smallestOfEach().map(({ name, method, args, blobs: own }) => ({
    name,
    method,
    args,
    files: own.map(place),
  }));
  return `${JSON.stringify({ blobs, cases } satisfies StoredFile, null, 1)}\n`;
}

test("the stored cases are the fixtures' smallest, and small enough to ship", async () => {
  const text = print();
  await expect(text).toMatchFileSnapshot("fixtures/cases.json");
  expect(gzipSync(text).length).toBeLessThan(300_000);
});

test("every method that trains in steps, every optimiser and every loss has a stored case", async () => {
  const stored = await loadStoredCases();
  const methods = steppedMethods.map(({ id }) => id);
  expect(stored.slice(0, methods.length).map(({ method }) => methodFromPeftConfig(method).id)).toEqual(methods);
  const rest = stored.slice(methods.length).map(({ args }) => args.loss?.name ?? args.optimizer.name);
  expect(rest).toEqual([...otherOptimizers, ...otherLosses]);
  expect(stored.filter(({ args }) => args.loss).every(({ args }) => args.loss!.labelSmoothing! > 0)).toBe(true);
});
