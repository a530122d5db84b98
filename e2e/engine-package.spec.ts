/**
 * Uses the engine as a package in a page of its own, which imports one module without a bundler.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "./support/fixtures";

const dist = "src/engine/dist";
const modelFile = "tools/reference/structures/vit-plain.onnx";

test("a plain page trains LoRA with the engine's package", async ({ page }) => {
  execFileSync("npm", ["run", "--silent", "build:engine"]);
  await page.route("**/package/**", (route) => {
    const name = basename(new URL(route.request().url()).pathname);
    if (name === "page.html") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
    if (name === "model.onnx") return route.fulfill({ body: readFileSync(modelFile) });
    return route.fulfill({ contentType: "text/javascript", body: readFileSync(`${dist}/${name}`) });
  });
  await page.goto("/package/page.html");
  const losses = await page.evaluate(async () => {
    const address = "/package/index.js";
    const engine: typeof import("../src/engine/index") = await import(address);
    const bytes = new Uint8Array(await (await fetch("/package/model.onnx")).arrayBuffer());
    const model = engine.openModel(bytes);
    const trainer = await engine.createTrainer({
      model,
      device: await engine.createWebGpuDevice(),
      method: { id: "lora", config: { r: 4 } },
      optimizer: { name: "adamw", weightDecay: 0 },
      classes: 2,
      batch: 2,
      seed: 1,
    });
    const size = model.info.input.shape.reduce((a, b) => a * b);
    const images = Float32Array.from({ length: 2 * size }, (_, i) => Math.sin(i));
    const inputs = await trainer.encode(images, 2);
    for (let step = 0; step < 3; step++)
      trainer.step({ inputs, ...engine.targetsOf([0, 1], 2) }, { adapter: 1e-3, head: 1e-2 });
    return [...(await trainer.losses())];
  });
  expect(losses).toHaveLength(3);
  expect(losses[0]).toBeCloseTo(Math.log(2), 5);
  expect(losses[2]).toBeLessThan(losses[0]);
});
