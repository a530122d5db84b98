/**
 * Three test projects: `unit` (Node), and the same *.gpu.test.ts files twice: `gpu-node` (Dawn) and
 * `gpu-browser` (Chromium). `npm test` runs them all with the right Vulkan driver; see
 * tools/test.mjs.
 */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumFlags, findBrowser } from "./tools/system.mjs";

const gpuTests = "src/**/*.gpu.test.ts";

/** Reference cases are imported as bytes. */
const assetsInclude = ["**/*.safetensors", "**/*.onnx"];

export default defineConfig({
  test: {
    projects: [
      {
        assetsInclude,
        test: {
          name: "unit",
          environment: "node",
          include: ["src/**/*.test.{ts,tsx}", "tools/**/*.test.{mjs,ts}"],
          exclude: [gpuTests],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        assetsInclude,
        test: {
          name: "gpu-node",
          environment: "node",
          include: [gpuTests],
          testTimeout: 120_000,
          pool: "forks",
          maxWorkers: 1,
        },
      },
      {
        assetsInclude,
        optimizeDeps: {
          include: [
            "pure-rand/generator/xoroshiro128plus",
            "hash-wasm",
            "@bufbuild/protobuf",
            "@bufbuild/protobuf/codegenv2",
          ],
        },
        test: {
          name: "gpu-browser",
          include: [gpuTests],
          // Chromium runs the self-test in its page (e2e/self-test.spec.ts).
          exclude: ["src/engine/selftest/**"],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: findBrowser()?.path, args: chromiumFlags } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
