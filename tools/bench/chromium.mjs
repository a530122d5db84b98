// @ts-check
/** Runs the contestants as pages of one Chromium. Each page loads only one library. */
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { chromium } from "playwright";
import { createServer } from "vite";
import { chromiumFlags, requireBrowser } from "../system.mjs";
import { hostOf } from "./remote.mjs";

/** @typedef {import("./host").ContestantHost} ContestantHost */

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const root = new URL("../..", import.meta.url).pathname;
const ortFolder = join(root, "node_modules/onnxruntime-web/dist");

/**
 * Serves onnxruntime-web's files where src/models/ort.ts expects them, like the app.
 * @type {import("vite").Plugin}
 */
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

/** All libraries that a page may load. The server prepares them once, before any timing. */
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
 * @typedef {object} Place where contestants run
 * @property {string} version
 * @property {(name: string) => Promise<{ host: ContestantHost, end: () => Promise<void> }>} host
 * @property {() => Promise<void>} close
 *
 * @returns {Promise<Place>}
 */
export async function openChromium() {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [ownOnnxRuntime],
    // This is the app's build of onnxruntime-web. The contestant imports its own build by another
    // name.
    resolve: { alias: [{ find: /^onnxruntime-web$/, replacement: join(ortFolder, "ort.wasm.min.mjs") }] },
    cacheDir: "node_modules/.vite-bench",
    server: { host: "localhost", port: 4400, headers: isolation, hmr: false, watch: null },
    // These libraries look for files next to their own, which a bundle would separate from them.
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
    /** @type {(method: keyof ContestantHost) => (...args: any[]) => Promise<any>} */
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
