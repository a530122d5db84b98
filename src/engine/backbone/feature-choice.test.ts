/** Checks which output becomes the feature, and how. */
import { expect, test } from "vitest";
import { RadaptError } from "../../base/error";
import { applyFeature, chooseFeature, leadingTokens } from "./feature-choice";

const hidden = { name: "last_hidden_state", shape: [2, 5, 3] };
const pooled = { name: "pooler_output", shape: [2, 3] };
const map = { name: "map", shape: [2, 3, 2, 2] };

test.each([
  ["auto", [hidden, pooled], { output: "pooler_output", rule: "identity", from: 0, width: 3 }],
  ["auto", [hidden], { output: "last_hidden_state", rule: "token", from: 0, width: 3 }],
  ["auto", [{ name: "swin", shape: [1, 49, 768] }], { output: "swin", rule: "tokens", from: 0, width: 768 }],
  ["auto", [map], { output: "map", rule: "map", from: 0, width: 3 }],
  ["cls", [hidden, pooled], { output: "last_hidden_state", rule: "token", from: 0, width: 3 }],
  ["mean", [pooled, hidden], { output: "last_hidden_state", rule: "tokens", from: 1, width: 3 }],
  ["mean", [pooled, map], { output: "map", rule: "map", from: 0, width: 3 }],
  ["pooled", [hidden, pooled], { output: "pooler_output", rule: "identity", from: 0, width: 3 }],
] as const)("%s", (kind, outputs, choice) => {
  expect(chooseFeature(kind, outputs)).toEqual(choice);
});

test("class and register tokens stand before a square of patches", () => {
  expect([50, 197, 257, 261, 49, 2].map(leadingTokens)).toEqual([1, 1, 1, 5, 0, 1]);
});

test("a missing output is named", () => {
  expect(() => chooseFeature("cls", [pooled])).toThrow(RadaptError);
  expect(() => chooseFeature("cls", [pooled])).toThrow(/pooler_output \[2, 3\]/);
  expect(() => chooseFeature("auto", [{ name: "x", shape: [1] }])).toThrow(RadaptError);
});

test("values", () => {
  const tokens = Float32Array.from({ length: 30 }, (_, i) => i);
  expect([...applyFeature(chooseFeature("cls", [hidden]), tokens, hidden.shape)]).toEqual([0, 1, 2, 15, 16, 17]);
  // Mean of tokens 1…4 of the first image: rows 3…14, columns step 3.
  expect([...applyFeature(chooseFeature("mean", [hidden]), tokens, hidden.shape)].slice(0, 3)).toEqual([7.5, 8.5, 9.5]);
  const maps = Float32Array.from({ length: 24 }, (_, i) => i);
  expect([...applyFeature(chooseFeature("auto", [map]), maps, map.shape)]).toEqual([1.5, 5.5, 9.5, 13.5, 17.5, 21.5]);
});
