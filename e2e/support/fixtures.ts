/**
 * The conditions of every end-to-end test: no console error, no uncaught error, and no request that
 * leaves this machine. They also hold in a test that causes an error on purpose, since bad input
 * gives a message on the screen and none in the console.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";

const isLocal = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return ["data:", "blob:", "about:"].includes(protocol) || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
};

/** Collects the errors and foreign requests of a page. The array stays empty if there are none. */
function watch(page: Page): string[] {
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => troubles.push(`uncaught: ${error.stack ?? error.message}`));
  page.context().on("request", (request) => {
    if (!isLocal(request.url())) troubles.push(`request left this machine: ${request.method()} ${request.url()}`);
  });
  return troubles;
}

interface Fixtures {
  /** Runs for every test and fails it on a console error or a foreign request. */
  quiet: undefined;
  /** An empty folder for the test, which is deleted afterwards. */
  folder: string;
}

export const test = base.extend<Fixtures>({
  quiet: [
    async ({ page }, use) => {
      const troubles = watch(page);
      await use(undefined);
      expect(troubles, "console errors and requests to other machines").toEqual([]);
    },
    { auto: true },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads needs from this pattern.
  folder: async ({}, use) => {
    const path = await mkdtemp(join(tmpdir(), "radapt-e2e-"));
    await use(path);
    await rm(path, { recursive: true, force: true });
  },
});

export { expect };
