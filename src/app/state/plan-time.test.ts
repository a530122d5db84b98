/**
 * Tests the time estimate from earlier runs of the same device, and its absence without such runs.
 */
import { expect, test } from "vitest";
import { makeRecord } from "../../bench/testing";
import { expectedTime } from "./plan-time";

const record = (change: Parameters<typeof makeRecord>[0], wallMs: number, device = "GPU 1") => {
  const made = makeRecord(change);
  return { ...made, wallMs, environment: { ...made.environment, device } };
};
const config = (change: Parameters<typeof makeRecord>[0]) => makeRecord(change).config;

test("runs take the mean time of their kind on this device", () => {
  const records = [
    record({ fold: 0 }, 1000),
    record({ fold: 1 }, 3000),
    record({ method: "full" }, 10_000),
    record({ fold: 2 }, 99_000, "another"),
  ];
  expect(expectedTime([config({ seed: 1 }), config({ seed: 2 })], records, "GPU 1")).toBe(4000);
  expect(expectedTime([config({ seed: 1 }), config({ method: "full", seed: 1 })], records, "GPU 1")).toBe(12_000);
});

test("a backbone or a method that has not been trained here makes no guess", () => {
  const records = [record({}, 1000)];
  expect(expectedTime([config({ backbone: "Other" })], records, "GPU 1")).toBeNull();
  expect(expectedTime([config({}), config({ method: "full" })], records, "GPU 1")).toBeNull();
  expect(expectedTime([config({})], records, "GPU 2")).toBeNull();
  expect(expectedTime([], records, "GPU 1")).toBeNull();
});
