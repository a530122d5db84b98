// @ts-check
/**
 * Serves the built app at a local address. Builds it first if the build is missing or older than
 * its sources.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["src", "public", "index.html", "package-lock.json", "vite.config.ts", "vite.cli.config.ts"];

/**
 * @param {string} path
 * @returns {number} time of the latest change under a file or folder, ms; 0 if it does not exist
 */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** @param {(line: string) => void} say */
async function buildIfStale(say) {
  const built = newest(join(root, "dist/index.html"));
  if (built > 0 && sources.every((path) => newest(join(root, path)) <= built)) return;
  say("Building Radapt …");
  await build({ root, logLevel: "warn" });
  // The app's build empties dist, so this builds the command line again.
  await build({ root, configFile: join(root, "vite.cli.config.ts"), logLevel: "warn" });
}

/**
 * Serves the build on localhost with the headers of vite.config.ts. If the port is in use, takes
 * the next free one.
 * @param {{ port: number, open?: boolean, say?: (line: string) => void }} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve({ port, open = false, say = console.log }) {
  await buildIfStale(say);
  const server = await preview({ root, preview: { host: "localhost", port, open } });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error(`The server gave no local address on port ${port}.`);
  return { url, close: () => server.close() };
}
