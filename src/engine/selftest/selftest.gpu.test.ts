/** Every check of the self-test passes on the adapters that the tests run on. */
import { expect, test } from "vitest";
import { testGpu } from "../devices/gpu/test-gpu";
import { createWebGpuDevice, selfTest } from "../index";
import { failures, summarise } from "./summary";

test("every check passes on this adapter", async () => {
  const device = await createWebGpuDevice({ gpu: await testGpu() });
  const rows = await selfTest(device).finally(() => device.dispose());
  expect(failures(rows)).toEqual([]);
  expect(summarise(rows)).toMatchObject({ checks: rows.length, failed: 0 });
}, 600_000);
