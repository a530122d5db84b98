/**
 * Separates equal weights that a simplifier stored once. PyTorch's exporter stores equal parameters
 * (zero biases, norms of ones) once and names the copies by Identity nodes. Tools that drop these
 * nodes leave one initialiser that many modules read. The module path of each reader then gives the
 * lost name back.
 */
import type { FileGraph, FileNode } from "./file-graph";
import { isAnonymous, missingFront, modulePath } from "./names";

/** The name of a bias from the named weight in the same node. */
function besideWeight(node: FileNode, name: string): string | null {
  const [, weight = "", bias] = node.inputs;
  return bias === name && weight.endsWith(".weight") && !isAnonymous(weight) ? weight.replace(/weight$/, "bias") : null;
}

/**
 * Module paths of nodes that read one weight; a second call of a module ("norm_1" beside "norm")
 * counts as the first.
 */
function modulesOf(users: readonly FileNode[]): string[] {
  const paths = users.map((node) => modulePath(node.name));
  return paths.map((path) => {
    const first = path.replace(/_\d+(?=\.|$)/g, "");
    return paths.includes(first) ? first : path;
  });
}

/**
 * Splits only weights that repeat a single number. Other weights that several modules share are one
 * parameter.
 *
 * @returns the graph with an initialiser of its own for each module that reads such a weight
 */
export function splitShared<Graph extends FileGraph>(file: Graph): Graph {
  const readers = new Map<string, FileNode[]>();
  for (const node of file.nodes) {
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const initializers = new Map(file.initializers);
  const known = [...initializers.keys()].filter((name) => !isAnonymous(name));
  const renamed = new Map<FileNode, Map<string, string>>();
  for (const name of known) {
    const weight = initializers.get(name)!;
    const users = (readers.get(name) ?? []).filter((node) => node.opType !== "Identity");
    const modules = modulesOf(users);
    if (weight.dtype !== "f32" || new Set(modules).size < 2 || modules.includes("")) continue;
    // This check comes last, because it decodes the numbers of a large weight.
    const { data } = weight;
    if (!data.every((v) => v === data[0])) continue;
    const leaf = name.slice(name.lastIndexOf(".") + 1);
    users.forEach((user, i) => {
      const copy = besideWeight(user, name) ?? `${missingFront(modules[i], known)}${modules[i]}.${leaf}`;
      if (copy === name) return;
      initializers.set(copy, initializers.get(name)!);
      renamed.set(user, (renamed.get(user) ?? new Map()).set(name, copy));
    });
  }
  if (renamed.size === 0) return file;
  const nodes = file.nodes.map((node) => {
    const names = renamed.get(node);
    return names ? { ...node, inputs: node.inputs.map((input) => names.get(input) ?? input) } : node;
  });
  return { ...file, nodes, initializers };
}
