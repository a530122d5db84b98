/**
 * Writes the licences of every bundled package into the build, as most of them ask. A package
 * without a licence text fails the build.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FILE = "third-party-licences.txt";

/**
 * "/app/node_modules/@scope/name/x.js" → "/app/node_modules/@scope/name"; null for our own files.
 */
export function packageFolder(id: string): string | null {
  const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/").replace(/^\0/, ""));
  return found && existsSync(join(found[1], "package.json")) ? found[1] : null;
}

/**
 * Name, version and licence text of an installed package. @throws Error if it has no licence text
 */
export function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (!file && !license) throw new Error(`${name} has no licence: ${folder}`);
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${license}`;
  return `${name} ${version}\n\n${text}\n`;
}

/** The plugin for the page, and the one for its workers, which are bundled before the page is. */
export function thirdPartyLicences(): { page: Plugin; worker: Plugin } {
  const folders = new Set<string>();
  const collect = (ids: Iterable<string>) => {
    for (const id of ids) {
      const folder = packageFolder(id);
      if (folder) folders.add(folder);
    }
  };
  const collector = (name: string, emits: boolean): Plugin => ({
    name,
    apply: "build",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) if (chunk.type === "chunk") collect(Object.keys(chunk.modules));
      if (!emits) return;
      const texts = [...folders].sort().map(licenceOf);
      this.emitFile({ type: "asset", fileName: FILE, source: texts.join(`\n${"─".repeat(80)}\n\n`) });
    },
  });
  return { page: collector("radapt-licences", true), worker: collector("radapt-worker-licences", false) };
}
