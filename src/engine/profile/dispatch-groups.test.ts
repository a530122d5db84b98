/** Sums over timed dispatches, by operators and by module. */
import { expect, test } from "vitest";
import { groupDispatches, longest, opsOf, scopeOf } from "./dispatch-groups";

const dispatch = (label: string, us: number, flops = 0) => ({ label, us, flops, bytes: 8 });

test("dispatches by operators and by module, blocks together, the longest first", () => {
  const list = [
    dispatch("Add [2×3] blocks.0.norm1", 1),
    dispatch("MatMul [2×3] blocks.0.mlp.up", 5, 100),
    dispatch("MatMul [2×3] blocks.11.mlp.up", 3, 100),
    dispatch("AdamW", 2),
  ];
  expect(groupDispatches(list, opsOf)).toEqual([
    { name: "MatMul", count: 2, us: 8, flops: 200, bytes: 16 },
    { name: "AdamW", count: 1, us: 2, flops: 0, bytes: 8 },
    { name: "Add", count: 1, us: 1, flops: 0, bytes: 8 },
  ]);
  expect(longest(groupDispatches(list, opsOf), 2)).toEqual([
    { name: "MatMul", count: 2, us: 8, flops: 200, bytes: 16 },
    { name: "2 others", count: 2, us: 3, flops: 0, bytes: 16 },
  ]);
  expect(longest(groupDispatches(list, opsOf), 3)).toHaveLength(3);
  expect(groupDispatches(list, scopeOf).map((g) => g.name)).toEqual(["blocks.*.mlp.up", "", "blocks.*.norm1"]);
});
