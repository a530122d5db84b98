/**
 * What every journey is held to: no console error, no uncaught error, and no request that leaves this machine.
 * A test that provokes an error on purpose still finds a silent console: bad input is a message on the screen.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";

const isLocal = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return ["data:", "blob:", "about:"].includes(protocol) || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
};

/** Collects what must not happen on a page; the array stays empty on a good one. */
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
  /** Runs for every test: fails it on a console error or a foreign request. */
  quiet: undefined;
  /** An empty folder of the test's own, deleted afterwards. */
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
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
  folder: async ({}, use) => {
    const path = await mkdtemp(join(tmpdir(), "radapt-e2e-"));
    await use(path);
    await rm(path, { recursive: true, force: true });
  },
});

export { expect };
