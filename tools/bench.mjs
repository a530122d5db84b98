// @ts-check
/**
 * `npm run bench`: time per forward pass and per LoRA step of the engine, and of onnxruntime-web on the same model, in one
 * run and in turns, so that what else the machine does falls on all alike. `npm run bench -- model.onnx 16` takes
 * another model and batch. The engine runs on this machine's GPU with RADAPT_GPU=hardware, else on a software driver.
 */
import process from "node:process";
import { runnerImport } from "vite";
import { findBrowser, vulkanDrivers } from "./system.mjs";

const [file, batch = "8"] = process.argv.slice(2);
const driver = vulkanDrivers(findBrowser()?.path ?? "").at(-1);
if (driver?.icd) process.env.VK_ICD_FILENAMES ??= driver.icd;

// After the choice of the driver; here, since the module runner below closes before it could load a native package.
const { create, globals } = await import("webgpu");
Object.assign(globalThis, globals);
const gpu = create([]);

/** @typedef {typeof import("./bench/measure")} Measure */
const { module } = await runnerImport(new URL("./bench/measure.ts", import.meta.url).pathname, { configFile: false });
await /** @type {Measure} */ (module).measure({ gpu, file, batch: Number(batch) });
process.exit(0); // Dawn keeps the process alive otherwise.
