/** Effects over backbones and over methods: means, ranks, words, and when it refuses. */
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import { compareRanks } from "../stats";
import { makeRecord } from "../testing";
import { comparedGroups, overBackbones, overMethods, verdictOf } from "./index";

const prng = createPrng(1, "over");
const methods = ["a", "b", "c"];
const grid = (backbones: number, gain: number, metric = "matthews_corrcoef") =>
  Array.from({ length: backbones }, (_, i) =>
    methods.flatMap((method, j) =>
      [0, 1, 2, 3, 4].map((fold) =>
        makeRecord({
          method,
          backbone: `net ${i}`,
          fold,
          metrics: { [metric]: 0.3 + 0.02 * i + gain * j + 0.01 * prng.normal() },
        }),
      ),
    ),
  ).flat();
const compare = (backbones: number, gain: number, metric?: string) =>
  comparedGroups(grid(backbones, gain, metric), metric ?? "matthews_corrcoef")[0];

describe("overBackbones", () => {
  it("ranks the methods over the backbones and names the pairs that differ", () => {
    const compared = compare(6, 0.1);
    const { treatments, blocks, ranks } = overBackbones.compute(compared);
    expect(treatments.map(({ name }) => name)).toEqual(["C", "B", "A"]);
    expect(blocks).toHaveLength(6);
    expect(ranks).toEqual(compareRanks(Array.from({ length: 6 }, () => [3, 2, 1])));
    expect(verdictOf(overBackbones, compared)).toMatch(
      /^Mean MCC over 6 backbones: C 0\.\d{3}, mean rank 1\.0; B .* Friedman's test shows a difference \(p < 0\.001\)\. By Nemenyi's test these differ: C and A \(p 0\.002\)\. It speaks of further backbones on the same patients/,
    );
  });

  it("turns round where lower is better", () => {
    expect(overBackbones.compute(compare(5, 0.1, "brier")).treatments.map(({ name }) => name)).toEqual(["A", "B", "C"]);
  });

  it("shows no difference between equal methods", () => {
    expect(verdictOf(overBackbones, compare(5, 0))).toMatch(/Friedman's test shows no difference \(p 0\.\d{3}\)/);
  });

  it("gives means alone below five blocks, with the reason, and nothing before every run is there", () => {
    const compared = compare(2, 0.1);
    expect(overBackbones.compute(compared).ranks).toBeNull();
    expect(verdictOf(overBackbones, compared)).toMatch(
      /^Mean MCC over 2 backbones: .* needs at least 5 backbones, and there are 2: the means are not tested\.$/,
    );
    expect(verdictOf(overMethods, compared)).toMatch(/needs at least 3 backbones, and there are 2/);
    const [partial] = comparedGroups(grid(2, 0.1).slice(1), "matthews_corrcoef");
    expect(verdictOf(overBackbones, partial)).toBe("Not judged before every run is there.");
    expect(verdictOf(overBackbones, compare(1, 0.1))).toMatch(/There is one backbone only/);
  });

  it("leaves a block out where a method has no value", () => {
    const records = grid(6, 0.1).filter(({ labels }) => labels.backbone !== "net 0" || labels.method !== "A");
    expect(overBackbones.compute(comparedGroups(records, "matthews_corrcoef")[0]).blocks).not.toContain("net 0");
  });
});
