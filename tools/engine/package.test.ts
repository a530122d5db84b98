/** The engine as a package: what `npm pack` gives runs its own example in an empty folder. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBrowser, vulkanDrivers } from "../system.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "radapt-engine-"));
const installed = join(folder, "node_modules", "radapt-engine");

/**
 * Unpacks the tarball as `npm install` does, and puts Dawn beside it, without asking a registry.
 */
beforeAll(() => {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: join(root, "src/engine") });
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  execFileSync("tar", ["xzf", tarball], { cwd: folder });
  execFileSync("mkdir", ["node_modules"], { cwd: folder });
  execFileSync("mv", ["package", installed], { cwd: folder });
  symlinkSync(join(root, "node_modules/webgpu"), join(folder, "node_modules/webgpu"));
  execFileSync("cp", [join(installed, "example.mjs"), folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the example trains LoRA and saves what PEFT reads", () => {
  const [driver] = vulkanDrivers(findBrowser()?.path ?? "");
  const model = join(root, "tools/reference/structures/vit-plain.onnx");
  const printed = execFileSync("node", ["example.mjs", model, "out"], {
    cwd: folder,
    env: { ...process.env, ...(driver.icd ? { VK_ICD_FILENAMES: driver.icd } : {}) },
    encoding: "utf8",
  });
  const losses = printed.trim().split(" ").slice(1).map(Number);
  expect(losses).toHaveLength(5);
  expect(losses[0]).toBeCloseTo(Math.log(2), 5);
  for (let step = 1; step < 5; step++) expect(losses[step]).toBeLessThan(losses[step - 1]);
  expect(JSON.parse(readFileSync(join(folder, "out/adapter_config.json"), "utf8"))).toMatchObject({
    peft_type: "LORA",
    r: 4,
  });
  expect(existsSync(join(folder, "out/adapter_model.safetensors"))).toBe(true);
});

test("the package has types and no file of the app", () => {
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  expect(files).toContain("dist/types/engine/index.d.ts");
  expect(files.filter((path) => /types\/(app|runner|storage|bench|data|models)\//.test(path))).toEqual([]);
});
