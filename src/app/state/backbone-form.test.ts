/**
 * Tests the backbone form: the source of a new backbone, the problems of the form, and what it
 * saves.
 */
import { beforeEach, expect, test } from "vitest";
import type { ModelInfo } from "../../engine/types";
import type { BackboneRow } from "../../models/types";
import type { BackboneRequest, WorkerApi } from "../../worker/protocol";
import {
  type BackboneForm,
  backboneSource,
  canAdd,
  initialBackboneForm,
  saveBackbone,
  sha256Problem,
} from "./backbone-form";
import { backbonesStore } from "./backbones";
import { provideFakes } from "./fakes";
import { draftStore } from "./plan-draft";

const formWith = (change: Partial<BackboneForm>): BackboneForm => ({ ...initialBackboneForm(undefined), ...change });
const onnx = new File(["graph"], "Tiny.ONNX");
const weights = new File(["weights"], "Tiny.onnx_data");

const stored: BackboneRow = {
  id: "b1",
  name: "Tiny",
  sha256: "ab",
  bytes: 5,
  preprocessing: { ...initialBackboneForm(undefined).preprocessing, size: 64 },
  feature: "cls",
  licence: "",
  source: "",
  origin: "file",
};

/** A worker that adds every backbone as `stored`. Returns the requests that it received. */
function fakeAdding(): BackboneRequest[] {
  const requests: BackboneRequest[] = [];
  const addBackbone: WorkerApi["addBackbone"] = async (request) => {
    requests.push(request);
    const check = { info: {} as ModelInfo, featureWidth: 8, relativeError: 0, note: "" };
    return { backbone: stored, check };
  };
  provideFakes({ addBackbone });
  return requests;
}

beforeEach(() => {
  backbonesStore.setState({ adding: null, error: null });
  draftStore.setState({ backboneIds: [] });
});

test("a new form is empty and sets no preprocessing; a stored backbone fills it", () => {
  expect(initialBackboneForm(undefined)).toMatchObject({ name: "", feature: "auto", hasOwnPreprocessing: false });
  expect(initialBackboneForm(stored)).toMatchObject({
    name: "Tiny",
    feature: "cls",
    hasOwnPreprocessing: true,
    preprocessing: { size: 64 },
  });
});

test("of several files the .onnx is the graph, wherever it stands; the others are its data", () => {
  expect(backboneSource(formWith({ files: [] }))).toBeNull();
  expect(backboneSource(formWith({ files: [weights, onnx] }))).toEqual({
    file: onnx,
    data: [{ name: "Tiny.onnx_data", file: weights }],
  });
});

test("the form trims an address and leaves out an empty SHA-256", () => {
  const form = formWith({ origin: "url", url: " https://example.org/a.onnx " });
  expect(backboneSource(form)).toEqual({ url: "https://example.org/a.onnx", sha256: undefined });
  expect(backboneSource({ ...form, sha256: ` ${"AB".repeat(32)} ` })).toMatchObject({ sha256: "ab".repeat(32) });
  expect(backboneSource({ ...form, url: " " })).toBeNull();
});

test("a SHA-256 has 64 hexadecimal digits, or the backbone cannot be added", () => {
  const form = formWith({ origin: "url", url: "https://example.org/a.onnx" });
  expect(sha256Problem(form)).toBeUndefined();
  expect(canAdd(form)).toBe(true);
  expect(sha256Problem({ ...form, sha256: "abc" })).toBe("64 hexadecimal digits.");
  expect(canAdd({ ...form, sha256: "abc" })).toBe(false);
  expect(canAdd(formWith({}))).toBe(false);
});

test("a new backbone takes its name from the form, its file or its address, and joins the plan", async () => {
  const requests = fakeAdding();
  expect(await saveBackbone(formWith({ files: [onnx] }), undefined)).toBe(true);
  await saveBackbone(formWith({ files: [onnx], name: " Mine " }), undefined);
  await saveBackbone(formWith({ origin: "url", url: "https://example.org/a.onnx" }), undefined);
  expect(requests.map(({ name }) => name)).toEqual(["Tiny", "Mine", "a.onnx"]);
  expect(draftStore.getState().backboneIds).toEqual(["b1"]);
});

test("preprocessing goes along only where the form sets it", async () => {
  const requests = fakeAdding();
  await saveBackbone(formWith({ files: [onnx] }), undefined);
  await saveBackbone(formWith({ files: [onnx], hasOwnPreprocessing: true }), undefined);
  expect(requests.map(({ preprocessing }) => preprocessing?.size)).toEqual([undefined, 224]);
});

test("a refused backbone keeps the dialog open and joins no plan", async () => {
  provideFakes({ addBackbone: () => Promise.reject(new Error("No image input.")) });
  expect(await saveBackbone(formWith({ files: [onnx] }), undefined)).toBe(false);
  expect(await saveBackbone(formWith({}), undefined)).toBe(false);
  expect(backbonesStore.getState().error?.title).toBe("No image input.");
  expect(draftStore.getState().backboneIds).toEqual([]);
});

test("a stored backbone keeps its name where the form's is blank", async () => {
  const changes: unknown[] = [];
  const updateBackbone: WorkerApi["updateBackbone"] = async (id, change) => {
    changes.push([id, change]);
    return stored;
  };
  provideFakes({ updateBackbone });
  const form = { ...initialBackboneForm(stored), name: " ", feature: "mean" as const };
  expect(await saveBackbone(form, stored)).toBe(true);
  expect(changes).toEqual([["b1", { name: "Tiny", feature: "mean", preprocessing: stored.preprocessing }]]);
});
