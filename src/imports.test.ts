/**
 * The layer diagram, checked: which folder of src may import which, which file is the one door of a
 * foreign library, and that no import cycle exists, imports of types included. Tests may import
 * from anywhere (an oracle may live higher up) and are not walked.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/**
 * Lowest first: a layer imports itself and what stands before it, types included. `main` and `cli`
 * are the composition roots.
 */
const layers = ["base", "engine", "models", "bench", "data", "storage", "runner", "worker", "app", "main"];
/** The command line stands beside the app: it sees the layers below `worker`. */
const cliSees = ["base", "engine", "models", "bench", "data", "storage", "runner", "cli"];

/**
 * The engine's rooms, lowest first, by the life of a graph: a room imports itself and what stands
 * before it, types included. Files of the engine's root are rooms of their own.
 */
const engineRooms = [
  "memory.ts",
  "graph",
  "ops",
  "optim",
  "losses",
  "types.ts",
  "onnx",
  "passes",
  "backbone",
  "heads",
  "adapters",
  "training",
  "plan",
  "devices",
  "export",
  "profile",
  "selftest",
  "index.ts",
];

/**
 * Foreign libraries and globals that have one door: where in src (start of a path) they may be
 * named.
 */
const doors: { what: string; imports?: RegExp; text?: RegExp; only: string[] }[] = [
  { what: "idb", imports: /^idb$/, only: ["storage/"] },
  { what: "recharts", imports: /^recharts$/, only: ["app/charts/"] },
  { what: "onnxruntime-web", imports: /^onnxruntime-web/, only: ["models/ort.ts"] },
  { what: "protobuf", imports: /^@bufbuild\/protobuf/, only: ["engine/onnx/"] },
  { what: "comlink", imports: /^comlink$/, only: ["worker/"] },
  { what: "Dawn (webgpu)", imports: /^webgpu$/, only: ["engine/devices/gpu/dawn.ts"] },
  {
    what: "Node",
    imports: /^node:/,
    only: ["cli.ts", "cli/", "storage/node/", "data/jpeg-node.ts", "data/node-folder.ts"],
  },
  { what: "navigator.gpu", text: /\bnavigator\.gpu\b/, only: ["engine/devices/gpu/"] },
  {
    what: "React and its components",
    imports: /^(react|react-dom|zustand|wouter|@mantine\/[a-z]+|@tabler\/icons-react)(\/|$)/,
    only: ["app/", "main.tsx"],
  },
];

interface Import {
  specifier: string;
  typeOnly: boolean;
}

const src = fileURLToPath(new URL(".", import.meta.url));

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((path) => path.split(sep).join("/"))
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !path.startsWith("engine/dist/"))
  .sort();

/**
 * Source without comments, so that a name in prose is no use of it. The "/*" of a glob such as
 * "./*.ts" opens none.
 */
function codeOf(path: string): string {
  return readFileSync(join(src, path), "utf8")
    .replace(/(^|[\s({[,;>])\/\*[\s\S]*?\*\//g, "$1")
    .replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}

function importsOf(code: string): Import[] {
  const fromClause = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?["']([^"']+)["']/gm;
  const dynamic = /\bimport\(\s*(?:\/\*.*?\*\/\s*)?["']([^"']+)["']\s*\)|new URL\(\s*["'](\.[^"']+\.tsx?)["']/g;
  return [
    ...Array.from(code.matchAll(fromClause), (m) => ({ specifier: m[2], typeOnly: m[1] !== undefined })),
    ...Array.from(code.matchAll(dynamic), (m) => ({ specifier: m[1] ?? m[2], typeOnly: false })),
  ];
}

/**
 * The file of src that a relative import names, or null for a library, an asset or generated data.
 */
function resolve(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  const bare = normalize(join(dirname(from), specifier.replace(/\?.*$/, "")))
    .split(sep)
    .join("/");
  const tries = [bare, `${bare}.ts`, `${bare}.tsx`, `${bare}/index.ts`, `${bare}/index.tsx`];
  return tries.find((path) => /\.tsx?$/.test(path) && existsSync(join(src, path))) ?? null;
}

function layerOf(path: string): string {
  return path.split("/")[0].replace(/\.tsx?$/, "");
}

/**
 * The files that the eager or lazy `import.meta.glob` calls of a file name, without those that
 * begin with "!".
 */
function globbedBy(path: string, text: string): string[] {
  const calls = text.matchAll(/import\.meta\.glob(?:<[^(]*>)?\(([^()]*)\)/g);
  return Array.from(calls).flatMap(([, argument]) => {
    const patterns = Array.from(argument.matchAll(/"(!?)(\.[^"]*)"/g), ([, not, pattern]) => {
      const absolute = normalize(join(dirname(path), pattern))
        .split(sep)
        .join("/");
      const source = absolute.replace(/[.+]/g, "\\$&").replaceAll("*", "[^/]*");
      return { not: not === "!", matches: new RegExp(`^${source}$`) };
    });
    const named = (file: string, not: boolean) => patterns.some((p) => p.not === not && p.matches.test(file));
    return files.filter((file) => named(file, false) && !named(file, true));
  });
}

const mayImport = (from: string, to: string): boolean => {
  if (from === "cli") return cliSees.includes(to);
  return layers.indexOf(to) >= 0 && layers.indexOf(to) <= layers.indexOf(from);
};

const code = new Map(files.map((path) => [path, codeOf(path)]));
const imports = new Map(files.map((path) => [path, importsOf(code.get(path)!)]));

test("the walk sees the code", () => {
  expect(files.length).toBeGreaterThan(10);
  expect(imports.get("bench/record.ts")).toContainEqual({ specifier: "../models/types", typeOnly: true });
});

test("every file belongs to a layer", () => {
  const known = [...layers, "cli"];
  expect(files.filter((path) => !known.includes(layerOf(path)))).toEqual([]);
});

test("imports go one way", () => {
  const offences: string[] = [];
  for (const [path, list] of imports) {
    for (const { specifier } of list) {
      const target = resolve(path, specifier);
      if (!target || mayImport(layerOf(path), layerOf(target))) continue;
      offences.push(`src/${path} imports ${specifier}: ${layerOf(path)} may not see ${layerOf(target)}`);
    }
  }
  expect(offences).toEqual([]);
});

test("a foreign library is named only at its door", () => {
  const offences: string[] = [];
  for (const door of doors) {
    for (const path of files.filter((file) => !door.only.some((place) => file.startsWith(place)))) {
      const imported = imports.get(path)!.find(({ specifier }) => door.imports?.test(specifier));
      if (imported)
        offences.push(`src/${path} imports ${imported.specifier}: ${door.what} only in ${door.only.join(", ")}`);
      if (door.text?.test(code.get(path)!)) offences.push(`src/${path}: ${door.what} only in ${door.only.join(", ")}`);
    }
  }
  expect(offences).toEqual([]);
});

const roomOf = (path: string): string | null => (path.startsWith("engine/") ? path.split("/")[1] : null);

test("every file of the engine belongs to a room", () => {
  const rooms = files.flatMap((path) => roomOf(path) ?? []);
  expect([...new Set(rooms)].sort()).toEqual([...engineRooms].sort());
});

test("the engine's rooms import lower ones alone", () => {
  const offences: string[] = [];
  for (const [path, list] of imports) {
    const from = roomOf(path);
    if (from === null) continue;
    for (const { specifier } of list) {
      const target = resolve(path, specifier);
      const to = target === null ? null : roomOf(target);
      if (to === null || engineRooms.indexOf(to) <= engineRooms.indexOf(from)) continue;
      offences.push(`src/${path} imports ${specifier}: ${to} stands above ${from}`);
    }
  }
  expect(offences).toEqual([]);
});

test("the engine's door is named by its file: the folder alone means the packed copy in dist", () => {
  const offences = [...imports].filter(([, list]) => list.some(({ specifier }) => /^(\.\.\/)+engine$/.test(specifier)));
  expect(offences.map(([path]) => path)).toEqual([]);
});

test("there is no import cycle, types included", () => {
  const cycles: string[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (path: string, trail: string[]): void => {
    if (state.get(path) === "open") cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (state.has(path)) return;
    state.set(path, "open");
    for (const { specifier } of imports.get(path) ?? []) {
      const target = resolve(path, specifier);
      if (target) visit(target, [...trail, path]);
    }
    state.set(path, "done");
  };
  for (const path of files) visit(path, []);
  expect(cycles).toEqual([]);
});

test("the page loads no engine: it reaches what computes through the worker alone", () => {
  const computes = /^engine\/(ops|onnx|passes|plan|devices|training|optim\/(clip|kernels|loss-scale)|export)[/.]/;
  const startsWorker = /new Worker\(\s*new URL\(\s*["']([^"']+)["']/g;
  const trails = new Map([["main.tsx", ["main.tsx"]]]);
  const offences: string[] = [];
  // A map gives what is added while it is walked, so this loop visits every file once.
  for (const [path, trail] of trails) {
    if (computes.test(path)) {
      offences.push(trail.join(" → "));
      continue;
    }
    const text = code.get(path)!;
    const workers = Array.from(text.matchAll(startsWorker), ([, specifier]) => specifier);
    const named = imports.get(path)!.filter(({ specifier, typeOnly }) => !typeOnly && !workers.includes(specifier));
    const targets = named.flatMap(({ specifier }) => resolve(path, specifier) ?? []);
    for (const target of [...targets, ...globbedBy(path, text)])
      if (!trails.has(target)) trails.set(target, [...trail, target]);
  }
  expect(offences).toEqual([]);
  const walked = ["app/screens/plan-screen.tsx", "engine/adapters/methods/lora.ts", "worker/client.ts"];
  expect([...trails.keys()]).toEqual(expect.arrayContaining(walked));
  expect(trails.has("worker/host.ts")).toBe(false);
});
