/** Builds the command line: src/cli.ts and all of Radapt it uses into dist/cli.js, for Node 20. */
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    ssr: "src/cli.ts",
    outDir: "dist",
    emptyOutDir: false,
    target: "node20",
    minify: false,
    rolldownOptions: { output: { entryFileNames: "cli.js", chunkFileNames: "cli/[name]-[hash].js" } },
  },
  // Native or self-loading packages stay outside; the rest is bundled, so that dist/cli.js starts
  // without resolving it.
  ssr: { target: "node", noExternal: true, external: ["webgpu", "onnxruntime-web"] },
});
