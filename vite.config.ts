/**
 * Builds and serves the app: a strict content policy, the isolation that WASM threads need, and
 * onnxruntime-web's files from our own address, so that an opened page asks nobody else for
 * anything.
 */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { type Connect, defineConfig, type Plugin } from "vite";
import { thirdPartyLicences } from "./tools/licences";

const root = fileURLToPath(new URL(".", import.meta.url));
const ortFolder = join(root, "node_modules/onnxruntime-web");
const ortVersion = (JSON.parse(readFileSync(join(ortFolder, "package.json"), "utf8")) as { version: string }).version;
/**
 * Of onnxruntime-web's builds only this one: WASM with SIMD and threads, 14 MB, loaded when
 * features are first wanted.
 */
const ortFiles = ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
/**
 * Must equal `ortPath` of src/models/ort.ts. The version in the path lets the files be cached for
 * good.
 */
const ortPath = `ort/${ortVersion}`;

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * What the page may do. `connect-src https:` stays open because a person may pull a model from an
 * address of their choice; nothing else in the app opens a connection, and an end-to-end test fails
 * on any other request. `style-src 'unsafe-inline'` is for the component library's style
 * attributes.
 */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self' https:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'none'",
].join("; ");

/** Writes the content policy into the built page, so that it holds on any static host. */
function contentPolicy(): Plugin {
  return {
    name: "radapt-content-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: policy }, injectTo: "head-prepend" },
    ],
  };
}

/** Serves onnxruntime-web's files in development and copies them into the build. */
function ownOnnxRuntime(): Plugin {
  const type = (file: string) => (file.endsWith(".wasm") ? "application/wasm" : "text/javascript");
  return {
    name: "radapt-onnxruntime",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? "").split("?")[0];
        const file = basename(path);
        if (!path.includes(`/${ortPath}/`) || !ortFiles.includes(file)) return next();
        response.writeHead(200, { "Content-Type": type(file), ...isolation });
        createReadStream(join(ortFolder, "dist", file)).pipe(response);
      });
    },
    generateBundle() {
      for (const file of ortFiles) {
        this.emitFile({
          type: "asset",
          fileName: `${ortPath}/${file}`,
          source: readFileSync(join(ortFolder, "dist", file)),
        });
      }
    },
  };
}

/**
 * A missing model is a 404, not the page: otherwise a wrong path to a model would be parsed as a
 * model.
 */
function honest404(): Plugin {
  const refuseMissing =
    (folder: string): Connect.NextHandleFunction =>
    (request, response, next) => {
      const path = decodeURIComponent((request.url ?? "").split("?")[0]);
      if (!path.startsWith("/models/") || existsSync(join(folder, path))) return next();
      response.writeHead(404).end();
    };
  return {
    name: "radapt-404",
    configureServer: (server) => void server.middlewares.use(refuseMissing(join(root, "public"))),
    configurePreviewServer: (server) =>
      void server.middlewares.use(refuseMissing(resolve(root, server.config.build.outDir))),
  };
}

const licences = thirdPartyLicences();

export default defineConfig({
  base: "./",
  plugins: [react(), contentPolicy(), ownOnnxRuntime(), honest404(), licences.page],
  resolve: {
    // The build without WebGPU and WebGL, and without a second copy of its loader. Node takes the
    // package's own entry.
    alias: [{ find: /^onnxruntime-web$/, replacement: join(ortFolder, "dist/ort.wasm.min.mjs") }],
  },
  worker: { format: "es", plugins: () => [licences.worker] },
  optimizeDeps: { exclude: ["onnxruntime-web", "@jsquash/jpeg"] },
  server: { headers: isolation },
  preview: {
    headers: {
      ...isolation,
      "Content-Security-Policy": `${policy}; frame-ancestors 'none'`,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    },
  },
  build: { target: "es2023", chunkSizeWarningLimit: 1500 },
});
