/**
 * The stored cases are printed from tools/reference/fixtures: `npx vitest run --project unit stored-cases -u` writes them
 * anew. A method with a fixture is taken up by that alone; a method without one fails here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { adapters, methodFromPeftConfig } from "../adapters";
import { byteFiles, loadStoredCases, type StoredFile } from "./stored-cases";

const root = fileURLToPath(new URL("../../../tools/reference/fixtures", import.meta.url));

function readFixture(name: string) {
  const json = (file: string) => JSON.parse(readFileSync(join(root, name, file), "utf8"));
  const blobs = byteFiles.map((file) => readFileSync(join(root, name, file)).toString("base64"));
  const method = json("method.json");
  return {
    name,
    method,
    args: json("args.json"),
    blobs,
    id: methodFromPeftConfig(method).id,
    size: blobs.join().length,
  };
}

/** The smallest fixture of each method, in the registry's order. */
function smallestOfEach() {
  const fixtures = readdirSync(root).map(readFixture);
  return adapters.flatMap(({ id }) =>
    fixtures
      .filter((f) => f.id === id)
      .sort((a, b) => a.size - b.size || a.name.localeCompare(b.name))
      .slice(0, 1),
  );
}

function print(): string {
  const blobs: string[] = [];
  const place = (blob: string) => (blobs.includes(blob) ? blobs.indexOf(blob) : blobs.push(blob) - 1);
  const cases = smallestOfEach().map(({ name, method, args, blobs: own }) => ({
    ...{ name, method, args, files: own.map(place) },
  }));
  return `${JSON.stringify({ blobs, cases } satisfies StoredFile, null, 1)}\n`;
}

test("the stored cases are the fixtures' smallest, and small enough to ship", async () => {
  const text = print();
  await expect(text).toMatchFileSnapshot("fixtures/cases.json");
  expect(gzipSync(text).length).toBeLessThan(300_000);
});

test("every method has a stored case", async () => {
  const stored = (await loadStoredCases()).map(({ method }) => methodFromPeftConfig(method).id);
  expect(stored).toEqual(adapters.map(({ id }) => id));
});
