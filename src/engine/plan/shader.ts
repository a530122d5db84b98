/** Assembles the WGSL of a dispatch. */
import type { KernelCode } from "../ops/define";

/**
 * The head of a shader: the features that it enables and its bindings.
 *
 * @param needs WebGPU feature for subgroups, where a kernel uses them
 */
export function headText(bindings: readonly string[], needs: KernelCode["needs"], usesF16: boolean): string {
  const enable = usesF16 ? "enable f16;\n" : "";
  // WGSL demands that subgroup operations stand in uniform control flow. Kernels meet this, but the
  // compiler's check cannot prove it.
  const quads = needs ? `enable ${needs};\ndiagnostic(off, subgroup_uniformity);\n` : "";
  return `${enable}${quads}${bindings.map((binding, k) => `@group(0) @binding(${k}) ${binding}\n`).join("")}`;
}

/** A kernel with the functions that write its results. */
export interface MainCode extends KernelCode {
  /** WGSL of the functions that the kernel calls to write its results. */
  write: string;
}

/**
 * The functions and the entry point of a shader. Several kernels share one grid and follow one
 * another along its third dimension.
 *
 * @param codes kernels with equal grids and workgroups
 */
export function shaderText(codes: readonly MainCode[]): string {
  const [{ workgroup, grid, body }] = codes;
  const functions = codes.map((code, t) => {
    const text = `${code.write}\n${code.declarations ?? ""}`;
    if (codes.length === 1) return text;
    return withSuffix(`${text}\nfn run(${IDS.join(", ")}) {\n  ${code.body}\n}`, t);
  });
  const layers = grid[2];
  const calls = codes.map((_, t) => {
    const condition = t < codes.length - 1 ? `if (wid.z < ${(t + 1) * layers}u) ` : "";
    const before = `vec3u(0u, 0u, ${t * layers}u)`;
    return `${condition}{ run_${t}(gid - ${workgroup[2]}u * ${before}, lid, wid - ${before}); }`;
  });
  const [gid, lid, wid] = IDS;
  return `${functions.join("\n")}
@compute @workgroup_size(${workgroup.join(", ")})
fn main(@builtin(global_invocation_id) ${gid}, @builtin(local_invocation_id) ${lid}, @builtin(workgroup_id) ${wid}) {
  ${codes.length === 1 ? body : calls.join(" else ")}
}
`;
}

const IDS = ["gid: vec3u", "lid: vec3u", "wid: vec3u"] as const;

/**
 * Adds a suffix to the functions, aliases and constants of one kernel, so that the kernels of a
 * shader do not clash. All of them share the workgroup memory that the first one declares.
 */
function withSuffix(text: string, index: number): string {
  const own = index === 0 ? text : text.replace(/var<workgroup>[^;]*;/g, "");
  const names = new Set([...own.matchAll(/\b(?:fn|alias|const)\s+(\w+)/g)].map(([, name]) => name));
  return own.replace(new RegExp(`\\b(?:${[...names].join("|")})\\b`, "g"), (name) => `${name}_${index}`);
}
