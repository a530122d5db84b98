/** Builds `src/engine` as a package: one module that browsers and Node import without a bundler. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const engine = fileURLToPath(new URL("../../src/engine/", import.meta.url));

export default defineConfig({
  root: engine,
  publicDir: false,
  build: {
    lib: { entry: `${engine}index.ts`, formats: ["es"], fileName: "index" },
    outDir: `${engine}dist`,
    target: "es2023",
    minify: false,
    // Node loads Dawn (`webgpu`) by itself; the page never does.
    rolldownOptions: { external: ["webgpu"] },
  },
});
