/** The text of a dispatch's shader. */
import type { KernelCode } from "../ops/define";

export function headText(bindings: readonly string[], needs: KernelCode["needs"], usesF16: boolean): string {
  const enable = usesF16 ? "enable f16;\n" : "";
  // Quads stay together, which the check of uniform control flow cannot see.
  const quads = needs ? `enable ${needs};\ndiagnostic(off, subgroup_uniformity);\n` : "";
  return `${enable}${quads}${bindings.map((binding, k) => `@group(0) @binding(${k}) ${binding}\n`).join("")}`;
}

export interface MainCode extends KernelCode {
  /** WGSL of the functions that write its results. */
  write: string;
}

/** Kernels one after another along the third dimension of the grid. */
export function shaderText(codes: readonly MainCode[]): string {
  const [{ workgroup, grid, body }] = codes;
  const functions = codes.map((code, t) => {
    const text = `${code.write}\n${code.declarations ?? ""}`;
    if (codes.length === 1) return text;
    return ownNames(`${text}\nfn run(${IDS.join(", ")}) {\n  ${code.body}\n}`, t);
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
 * WGSL whose functions and constants have names of their own, so that the kernels of one dispatch
 * do not clash. All of them share workgroup memory.
 */
function ownNames(text: string, index: number): string {
  const own = index === 0 ? text : text.replace(/var<workgroup>[^;]*;/g, "");
  const names = new Set([...own.matchAll(/\b(?:fn|alias|const)\s+(\w+)/g)].map(([, name]) => name));
  return own.replace(new RegExp(`\\b(?:${[...names].join("|")})\\b`, "g"), (name) => `${name}_${index}`);
}
