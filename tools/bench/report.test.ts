/** Tests the tables with fixed numbers. */
import { expect, test } from "vitest";
import { quantile } from "../../src/bench/stats/summary";
import { measureWork } from "./measure";
import { type ContestantRow, digits, joinReports, markdown, type Report, withSection } from "./report";
import { ratioInTurns, relativeDifference } from "./statistics";
import { networkOf } from "./vit";

const row = (name: string, label: string, ms: number[], more: Partial<ContestantRow> = {}): ContestantRow => ({
  name,
  label,
  ms,
  submitMs: [],
  ...more,
});

const report: Report = {
  date: "2026-01-02",
  machine: { cpu: "Some CPU", cores: 2, load: [0.5, 2] },
  environment: "Chromium 1",
  adapter: "SwiftShader",
  versions: { "onnxruntime-web": "1.30.0" },
  groups: [
    {
      size: "micro",
      batch: 8,
      work: "forward",
      rows: [row("radapt-webgpu", "Radapt (WebGPU)", [20, 10, 30, 40], { firstMs: 500, peakBytes: 3e6 })],
    },
    {
      size: "micro",
      batch: 8,
      work: "lora",
      rows: [
        row("radapt-webgpu", "Radapt (WebGPU)", [50], {
          submitMs: [1.5],
          difference: { difference: 0, where: "loss" },
        }),
        row("jax-webgpu", "jax-js (WebGPU)", [75], { difference: { difference: 7e-7, where: "loss" } }),
        row("tfjs-webgpu", "tfjs", [], { error: "no memory" }),
        row("jax-wasm", "other work", [1], { difference: { difference: 2e-3, where: "loss" } }),
      ],
    },
  ],
  rates: [{ product: "2×2 · 2×2", gflops: 4 }],
  profiles: [
    {
      size: "micro",
      batch: 8,
      flops: 1e8,
      dispatches: 9,
      ms: 50,
      best: 4,
      toForward: { lora: 2.1, full: null },
      shares: [{ kind: "Mul", share: 0.25, gflops: null }],
    },
  ],
  submits: [1, 2, 3],
};

test("medians, quartiles, ratios to Radapt, failures with their reason", () => {
  const text = markdown(report);
  expect(text).toContain(
    "Chromium 1 on SwiftShader; Some CPU, 2 cores, load 0.5 → 2.0; 2026-01-02. onnxruntime-web 1.30.0.",
  );
  expect(text).toContain("| Radapt (WebGPU) | 25.0 | 17.5–32.5 (4) | 1.00 | 0.500 | 3.00 | – |");
  expect(text).toContain("| jax-js (WebGPU) | 75.0 | 75.0–75.0 (1) | 1.50 | – | – | 7e-7 |");
  expect(text).toContain("| tfjs | no memory |");
  expect(text).toContain("| other work | 1.00 | 1.00–1.00 (1) | not the same work | – | – | 2e-3 |");
  // Full fine-tuning is not measured; the step reaches 2 GFLOP/s of the best product's 4.
  expect(text).toContain("handed to an idle device in 2.00 ms (1.50–2.50, 3 repetitions)");
  expect(text).toContain("| micro, batch 8 | 2.10 | – | 1.50 | 0.500 |");
  expect(text).toContain("| Mul | 25.0 % | – |");
});

test("a section of the document is replaced, the rest stays", () => {
  const once = withSection("# Title\n\nBy hand.\n", "node", "first");
  expect(once).toBe("# Title\n\nBy hand.\n\n<!-- bench node -->\n\nfirst\n\n<!-- /bench node -->\n");
  expect(withSection(once, "node", "second")).toBe(once.replace("first", "second"));
  expect(withSection(once, "chromium", "third")).toContain("first");
});

test("numbers, quantiles, differences", () => {
  expect([0.1234, 12.345, 1234.5, 1234567, Number.NaN].map(digits)).toEqual([
    "0.123",
    "12.3",
    "1,235",
    "1,234,567",
    "–",
  ]);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([], 0.5)).toBeNaN();
  expect(ratioInTurns([20, 30, 90], [10, 10, 10])).toBe(3);
  expect(ratioInTurns([20], [])).toBeNaN();
  expect(ratioInTurns([], [10])).toBeNaN();
  expect(relativeDifference([1, 2], [1, 4])).toBe(0.5);
  expect(relativeDifference([Number.NaN], [1])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeDifference([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
});

test("contestants take turns; one that fails or differs has a row and stops no other", async () => {
  const calls: string[] = [];
  const entrant = (name: string, result: number, fails = false) => ({
    name,
    host: {
      open: async () => ({ label: name, firstMs: 1, losses: [0.5], results: { w: [result, 2] } }),
      time: async () => {
        if (fails) throw new Error("lost");
        calls.push(name);
        return { ms: 2, loss: 0.25 };
      },
      peakBytes: async () => 7,
      close: async () => {},
      profile: () => Promise.reject(new Error("none")),
      submits: () => Promise.reject(new Error("none")),
    },
  });
  const entrants = [entrant("a", 1), entrant("b", 1.5), entrant("c", 1, true)];
  const rows = await measureWork(entrants, networkOf("micro", 1), "lora", { rounds: 2, seconds: 9 }, () => {});
  expect(calls).toEqual(["a", "b", "a", "b"]);
  expect(rows.map((r) => r.ms.length)).toEqual([2, 2, 0]);
  expect(rows.map((r) => r.error)).toEqual([undefined, undefined, "lost"]);
  expect(rows[1].difference).toEqual({ difference: 0.25, where: "w" });
});

test("runs of other sizes on the same adapter become one report; those of another are refused", () => {
  const small = { ...report.groups[0], size: "small" };
  const second: Report = { ...report, machine: { ...report.machine, load: [3, 4] }, groups: [small] };
  const both = joinReports([report, second]);
  expect(both.groups.map(({ size, work }) => `${size} ${work}`)).toEqual([
    "micro forward",
    "micro lora",
    "small forward",
  ]);
  expect(both.machine.load).toEqual([0.5, 4]);
  expect(both.profiles).toHaveLength(2);
  expect(joinReports([report])).toEqual(report);
  expect(() => joinReports([report, { ...second, adapter: "lavapipe" }])).toThrow(/SwiftShader.*lavapipe/);
});
