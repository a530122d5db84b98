// @ts-check
/** Contestants as pages of one Chromium, each of which loads one library and nothing else. */
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { chromium } from "playwright";
import { createServer } from "vite";
import { chromiumFlags, requireBrowser } from "../system.mjs";
import { hostOf } from "./remote.mjs";

/** @typedef {import("./host").Host} Host */

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const root = new URL("../..", import.meta.url).pathname;
const ortFolder = join(root, "node_modules/onnxruntime-web/dist");

/** onnxruntime-web's files where src/models/ort.ts looks for them, as the app serves them. @type {import("vite").Plugin} */
const ownOnnxRuntime = {
  name: "bench-onnxruntime",
  configureServer: (server) => {
    server.middlewares.use((request, response, next) => {
      const [path] = (request.url ?? "").split("?");
      if (!/^\/ort\/[\d.]+\/ort-wasm-simd-threaded\.(mjs|wasm)$/.test(path)) return next();
      const type = path.endsWith(".wasm") ? "application/wasm" : "text/javascript";
      response.writeHead(200, { "Content-Type": type, ...isolation });
      createReadStream(join(ortFolder, basename(path))).pipe(response);
    });
  },
};

/** Every library that a page may load, so that the server prepares them once, before anything is timed. */
const libraries = [
  "@bufbuild/protobuf",
  "@bufbuild/protobuf/codegenv2",
  "@tensorflow/tfjs-backend-webgpu",
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-core/dist/register_all_gradients",
  "hash-wasm",
  "pure-rand/generator/xoroshiro128plus",
];

/**
 * @returns {Promise<{ version: string, host: (name: string) => Promise<{ host: Host, end: () => Promise<void> }>, close: () => Promise<void> }>}
 */
export async function openChromium() {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [ownOnnxRuntime],
    // The app's build of it; the peer asks for its own by another name.
    resolve: { alias: [{ find: /^onnxruntime-web$/, replacement: join(ortFolder, "ort.wasm.min.mjs") }] },
    cacheDir: "node_modules/.vite-bench",
    server: { host: "localhost", port: 4400, headers: isolation, hmr: false, watch: null },
    // These find files beside themselves, which bundling would part them from.
    optimizeDeps: { include: libraries, exclude: ["onnxruntime-web", "@jax-js/jax"], noDiscovery: true },
  });
  await server.listen();
  const [address] = server.resolvedUrls?.local ?? [];
  const browser = await chromium.launch({ executablePath: requireBrowser(), args: chromiumFlags });

  /** @param {string} name */
  const host = async (name) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    /** @type {string[]} */
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(`${address}tools/bench/page.html?${name}`);
    await page.waitForFunction("window.host ?? window.hostError", undefined, { timeout: 60_000 }).catch(() => {
      throw new Error(errors[0] ?? `the page of ${name} did not load`);
    });
    const failure = await page.evaluate("window.hostError");
    if (failure) throw new Error(String(failure));
    /** @type {(method: keyof Host) => (...args: any[]) => Promise<any>} */
    const call =
      (method) =>
      (...args) =>
        page.evaluate(
          ([m, list]) => /** @type {any} */ (window).host[/** @type {any} */ (m)](.../** @type {any} */ (list)),
          [method, args],
        );
    return {
      host: hostOf(call),
      end: () => context.close(),
    };
  };
  return {
    version: `Chromium ${browser.version()}`,
    host,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}
