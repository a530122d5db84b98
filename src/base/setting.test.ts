/** What a form learns of a setting from its schema. */
import { expect, test } from "vitest";
import { z } from "zod";
import { expectation, names, prefixedKey, setting, settingRows } from "./setting";

const schema = z.strictObject({
  rank: setting(z.int().min(1).max(256).default(8), { title: "Rank", description: "Width of the update" }),
  rate: setting(z.number().min(0).default(0.5), { title: "Rate" }),
  seed: setting(z.int().default(0), { title: "Seed" }),
  deep: setting(z.boolean().default(true), { title: "Deep" }),
  bias: setting(z.enum(["none", "all"]).default("none"), { title: "Biases" }),
  flips: setting(z.array(z.enum(["x", "y"])).default([]), { title: "Flips" }),
  rates: setting(z.array(z.number().positive()).default([]), { title: "Rates" }),
  betas: setting(z.tuple([z.number(), z.number()]).readonly().default([0.9, 0.99]), { title: "Betas" }),
  targets: setting(names.default("auto"), { title: "Targets" }),
  ranks: setting(z.record(z.string(), z.number()).default({}), { title: "Ranks", hidden: true }),
});

test("kinds, bounds, choices, defaults, labels and help follow from the schema", () => {
  const rows = Object.fromEntries(settingRows(schema).map((row) => [row.key, row]));
  expect(rows.rank).toEqual({
    key: "rank",
    title: "Rank",
    description: "Width of the update",
    kind: "integer",
    default: 8,
    min: 1,
    max: 256,
  });
  expect(rows.rate).toMatchObject({ kind: "number", min: 0, max: undefined });
  expect(rows.seed).toMatchObject({ kind: "integer", min: undefined, max: undefined });
  expect(rows.bias).toMatchObject({ kind: "choice", choices: ["none", "all"] });
  expect(rows.flips).toMatchObject({ kind: "choices", choices: ["x", "y"], default: [] });
  expect(rows.ranks).toMatchObject({ kind: "record", hidden: true });
  expect([rows.deep, rows.rates, rows.betas, rows.targets].map(({ kind }) => kind)).toEqual([
    "boolean",
    "numbers",
    "numbers",
    "strings",
  ]);
});

test("bounds are reported in words", () => {
  const [rank, rate, seed, deep, bias] = settingRows(schema).map(expectation);
  expect([rank, rate]).toEqual(["integer from 1 to 256", "number from 0 to any"]);
  expect([seed, deep, bias]).toEqual(["integer", "boolean", "one of none, all"]);
});

test("a setting's key carries its owner's prefix", () => {
  expect([prefixedKey("lion", "betas"), prefixedKey("", "momentum")]).toEqual(["lionBetas", "momentum"]);
});

test("a schema that no form can draw is refused", () => {
  expect(() => settingRows(z.strictObject({ when: setting(z.date().default(new Date(0)), { title: "" }) }))).toThrow(
    /when.*date/,
  );
});
