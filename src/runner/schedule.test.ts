/** Schedules: warm-up, cosine, plateau. */
import { expect, test } from "vitest";
import { createSchedule } from "./schedule";

const base = { schedule: "cosine", warmup: 0, patience: 0 } as const;

test("cosine falls from 1 towards 0", () => {
  const schedule = createSchedule(base, 100);
  expect(schedule.at(0)).toBe(1);
  expect(schedule.at(50)).toBeCloseTo(0.5);
  expect(schedule.at(99)).toBeLessThan(0.001);
  expect(schedule.at(200)).toBe(0);
});

test("warm-up rises linearly and is never 0", () => {
  const schedule = createSchedule({ ...base, schedule: "constant", warmup: 0.1 }, 40);
  expect([0, 1, 2, 3, 4, 39].map((step) => schedule.at(step))).toEqual([0.2, 0.4, 0.6, 0.8, 1, 1]);
});

test("a single step with warm-up still trains", () => {
  expect(createSchedule({ ...base, warmup: 1 }, 1).at(0)).toBe(1);
});

test("plateau waits a quarter of the patience, then falls to a tenth", () => {
  const schedule = createSchedule({ schedule: "plateau", warmup: 0, patience: 8 }, 100);
  for (const loss of [1, 0.9, 0.9, 0.95]) schedule.epochDone(loss);
  expect(schedule.at(10)).toBe(1);
  schedule.epochDone(0.9);
  expect(schedule.at(10)).toBeCloseTo(0.1);
  for (const loss of [0.5, 0.6, 0.6, null, 0.6]) schedule.epochDone(loss);
  expect(schedule.at(10)).toBeCloseTo(0.01);
});
