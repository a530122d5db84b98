/**
 * End-to-end tests: the built app, served as `npm start` serves it, in a Chromium with a software
 * WebGPU adapter.
 */
import { defineConfig } from "@playwright/test";
import { chromiumFlags, requireBrowser } from "./tools/system.mjs";

const port = Number(process.env.RADAPT_E2E_PORT ?? 4317);
const url = `http://localhost:${port}`;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // Beside each other on two cores, with a graphics adapter in software: the limits below end what
  // hangs, not what is slow.
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  use: {
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: { executablePath: requireBrowser(), args: chromiumFlags },
  },
  webServer: {
    command: "node tools/start.mjs",
    env: { PORT: String(port), CI: "true" },
    url,
    timeout: 240_000,
    reuseExistingServer: !process.env.CI,
  },
});
