/**
 * The style sheets against the code: no rule that nothing uses, and every Mantine component with
 * its styles.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const app = fileURLToPath(new URL("..", import.meta.url));
const mantine = fileURLToPath(new URL("../../../node_modules/@mantine/core/styles", import.meta.url));

const files = readdirSync(app, { recursive: true, encoding: "utf8" });
const textOf = (file: string): string => readFileSync(join(app, file), "utf8");
const code = files
  .filter((file) => /(?<!\.test)\.tsx?$/.test(file))
  .map(textOf)
  .join("\n");

/** The class names in the selectors of a style sheet. */
function classesOf(css: string): Set<string> {
  const selectors = Array.from(css.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{}]+)\{/g), ([, text]) => text.trim());
  const rules = selectors.filter((selector) => !selector.startsWith("@"));
  return new Set(rules.flatMap((selector) => Array.from(selector.matchAll(/\.([a-zA-Z][\w-]*)/g), ([, name]) => name)));
}

test("every class in the style sheets is in use", () => {
  const unused: string[] = [];
  for (const file of files.filter((name) => name.endsWith(".css"))) {
    // A rule of a CSS module is used by the names that its import reads, as in classes.item or
    // classes[state].
    const wholeWord = (name: string) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`);
    for (const name of classesOf(textOf(file))) if (!wholeWord(name).test(code)) unused.push(`${file}: .${name}`);
  }
  expect(unused).toEqual([]);
});

test("every Mantine component in use has its styles, after those that it builds on", () => {
  const loaded = Array.from(textOf("styles/mantine.css").matchAll(/styles\/(\w+)\.layer\.css/g), ([, name]) => name);
  const named = code.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g);
  const components = Array.from(named, ([, list]) => list.split(",")).flat();
  const styled = components
    .map((name) => name.trim().split(" as ")[0])
    .filter((name) => existsSync(join(mantine, `${name}.layer.css`)));
  expect(styled).toContain("Button");
  expect(loaded).toEqual(expect.arrayContaining(styled));
  const all = readFileSync(join(mantine, "../styles.layer.css"), "utf8");
  const places = loaded
    .filter((name) => /^[A-Z]/.test(name))
    .map((name) => {
      const [own] = classesOf(readFileSync(join(mantine, `${name}.layer.css`), "utf8").replace("@layer mantine {", ""));
      return all.indexOf(`.${own}`);
    });
  expect(places).toEqual([...places].sort((a, b) => a - b));
});
