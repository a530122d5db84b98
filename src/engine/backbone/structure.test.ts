/**
 * Compares the roles of layers and weights with roles written by hand, on small graphs in every
 * form that exporters write (tools/reference/structures.py).
 */
import { describe, expect, test } from "vitest";
import { RadaptError } from "../../base/error";
import { openModel } from "../index";
import { bindModel } from "./bind";
import { patternOf } from "./corrections";

const root = "../../../tools/reference";
const files = import.meta.glob<string>("../../../tools/reference/{structures,fixtures/*}/*.onnx", {
  query: "?inline",
  import: "default",
});
interface Expected {
  imageSize: number;
  parameters: number;
  roles: Record<string, string>;
}
const { default: expected } = await import(/* @vite-ignore */ "../../../tools/reference/structures/structures.json");
const cases = Object.entries(expected as Record<string, Expected>);
const bytesOf = async (path: string) => new Uint8Array(await (await fetch(await files[path]())).arrayBuffer());
const open = async (name: string, roles?: Record<string, string>) =>
  openModel(await bytesOf(`${root}/structures/${name}.onnx`), {
    imageSize: (expected as Record<string, Expected>)[name].imageSize,
    roles,
  });

test("every file has its roles", () =>
  expect(Object.keys(files).filter((f) => f.includes("/structures/"))).toHaveLength(cases.length));

describe.each(cases)("%s", (name, { imageSize, roles, parameters }) => {
  test("roles of the layers", async () => {
    const { info } = await open(name);
    const found = Object.fromEntries(info.layers.map((l) => [patternOf(l.module), l.role]));
    // nn.MultiheadAttention stores its parts without the dot of a module.
    const named = Object.fromEntries(Object.entries(found).map(([m, r]) => [m.replace(/_weight$/, ""), r]));
    expect(named).toEqual(roles);
    if (Object.values(roles).every((r) => r !== ""))
      expect(info.warnings.filter((w) => !/stored number|classifier|one and the same/.test(w))).toEqual([]);
  });

  test("every stored weight is counted once, and each has a role", async () => {
    const model = await open(name);
    const bound = bindModel(model, 1, imageSize);
    const idle = new Set(bound.layers.filter((l) => l.role === "").map((l) => l.module));
    expect(bound.parameterRoles.filter((p) => p.role === "" && !idle.has(p.module))).toEqual([]);
    // Exporters may store a tensor without a name and in another form (channel norms, gathered
    // tables). Such a tensor gets a warning instead.
    const said = /([\d,]+) stored numbers? ha/.exec(model.info.warnings.join())?.[1].replace(/,/g, "");
    if (said === undefined) expect(model.info.parameters).toBe(parameters);
    else expect(Math.abs(model.info.parameters - parameters)).toBeLessThanOrEqual(Number(said));
  });

  test("attention is described: its scale is 1/√(head width)", async () => {
    const { attentions } = bindModel(await open(name), 2, imageSize);
    for (const a of attentions) {
      expect(a.scale).toBeCloseTo(1 / Math.sqrt(headWidth(a.scores)), 5);
    }
    expect(attentions.length > 0).toBe(Object.values(roles).some((r) => r.startsWith("attn")));
  });
});

/** Length of the axis that q·kᵀ sums over. */
function headWidth(scores: {
  inputs: readonly { shape: readonly number[] }[];
  attrs: Readonly<Record<string, unknown>>;
}) {
  const { shape } = scores.inputs[0];
  return scores.attrs.transA === 1 ? shape.at(-2)! : shape.at(-1)!;
}

test("masks and relative positions are distinguished from the scores", async () => {
  const swin = bindModel(await open("swin"), 1, 32);
  expect(swin.attentions.map((a) => a.masks.length)).toEqual([1, 2, 1]);
  expect(bindModel(await open("vit-mask"), 1, 16).attentions.map((a) => a.masks.length)).toEqual([1, 1]);
});

test("class scores are distinguished from features", async () => {
  const doubts = async (name: string) => (await open(name)).info.warnings.filter((w) => w.includes("classifier"));
  expect(await doubts("swin")).toEqual([expect.stringMatching(/^output output \[1, 6\] looks like/)]);
  expect(await doubts("vit-class")).toEqual([]);
});

test("what is not sure has no role and is reported, until a correction settles it", async () => {
  const { info } = await open("vit-shared-qk");
  expect(info.warnings).toEqual([
    "attention 0 (blocks.0.attn): q and k come from one layer, which has no role",
    "attention 1 (blocks.1.attn): q and k come from one layer, which has no role",
    "2 layers have no role: blocks.*.attn.qk (2)",
  ]);
  expect((await open("vit-bare")).info.warnings).toEqual([
    "attention 0 (blocks.0.attn): q, k and v are one and the same, so that no layer makes them",
  ]);
  expect((await open("vit-shared-qk", { "blocks.*.attn.qk": "attn.q" })).info.warnings).toEqual([]);
});

test("a role can be corrected by pattern; a pattern that fits nothing is refused with what there is", async () => {
  const { info } = await open("vit-plain", { "blocks.*.mlp.up": "mlp.other", "blocks.1.attn.*": "attn.mine" });
  const roleOf = (module: string) => info.layers.find((l) => l.module === module)!.role;
  expect(roleOf("blocks.0.mlp.up")).toBe("mlp.other");
  expect(roleOf("blocks.1.attn.q")).toBe("attn.mine");
  expect(roleOf("blocks.0.attn.q")).toBe("attn.q");
  await expect(open("vit-plain", { "layers.*.fc1": "mlp.up" })).rejects.toThrow(/blocks\.\*\.mlp\.up/);
  await expect(open("vit-plain", { nothing: "mlp.up" })).rejects.toThrow(RadaptError);
});
