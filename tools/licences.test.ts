/**
 * The licences that the build writes: whose files are whose, and what an installed package says.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { licenceOf, packageFolder } from "./licences";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = (path: string) => join(root, "node_modules", path);

test("a module belongs to the innermost package around it; our own files belong to none", () => {
  expect(packageFolder(installed("zod/v4/index.js"))).toBe(installed("zod"));
  expect(packageFolder(installed("@mantine/core/esm/index.mjs"))).toBe(installed("@mantine/core"));
  expect(packageFolder(join(root, "src/main.tsx"))).toBeNull();
});

test("a package is named with its version and the text of its licence", () => {
  expect(licenceOf(installed("zod"))).toMatch(/^zod \d+\.\d+\.\d+\n\n[\s\S]*MIT[\s\S]*Permission is hereby granted/);
});
