// @ts-check
/**
 * Runs one contestant in a process of its own, with Dawn as its WebGPU. Messages drive it. Usage:
 * `node node-host.mjs radapt-webgpu`.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import process from "node:process";
import { createServer } from "vite";

const name = process.argv[2];
const at = (/** @type {string} */ file) => new URL(file, import.meta.url).pathname;
/** Modules by the first part of the contestants' names. */
const peers = { radapt: "radapt", ort: "onnxruntime-node", jax: "jax", tfjs: "tfjs" };
const peer = peers[/** @type {keyof typeof peers} */ (name.split("-")[0])];

/**
 * Provides what libraries for browsers expect of their environment.
 * @param {GPU} gpu
 */
function asBrowser(gpu) {
  const navigator = { gpu, hardwareConcurrency: availableParallelism(), userAgent: "Node" };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  // TensorFlow.js calls `require` even as an ES module.
  Object.assign(globalThis, { require: createRequire(import.meta.url) });
  // Adds the iterator helpers, which Node has from version 22 on.
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
  for (const method of /** @type {const} */ ([
    "map",
    "filter",
    "flatMap",
    "some",
    "every",
    "find",
    "reduce",
    "forEach",
  ])) {
    iterator[method] ??= /** @this {Iterable<any>} @param {any[]} args */ function (...args) {
      const result = /** @type {any} */ (Array.from(this))[method](...args);
      return Array.isArray(result) && method !== "find" && method !== "reduce" ? result.values() : result;
    };
  }
  iterator.toArray ??= /** @this {Iterable<any>} */ function () {
    return Array.from(this);
  };
}

const messageOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));
const reply = (/** @type {object} */ message) => process.send?.(message);
try {
  const server = await createServer({
    configFile: false,
    logLevel: "error",
    appType: "custom",
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    // TensorFlow.js imports its own files without extensions, which Node does not resolve.
    ssr: { noExternal: [/@tensorflow/] },
    environments: { ssr: { resolve: { mainFields: ["module", "main"] } } },
  });
  const { openDawn } = await server.ssrLoadModule(at("../../src/engine/devices/gpu/dawn.ts"));
  asBrowser(await openDawn());
  const hosts = await server.ssrLoadModule(at("./host.ts"));
  const { loaders } = await server.ssrLoadModule(at(`./peers/${peer}.ts`));
  const load = loaders[name];
  if (!load) throw new Error(`${name} does not exist outside a browser`);
  /** @type {any} */
  const host = hosts.createContestantHost(load);
  process.on("message", async (/** @type {any} */ { id, method, args }) => {
    try {
      reply({ id, value: await host[method](...args) });
    } catch (error) {
      reply({ id, error: messageOf(error) });
    }
  });
  reply({ ready: true });
} catch (error) {
  reply({ failure: messageOf(error) });
}
