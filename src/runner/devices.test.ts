/** Which device trains where nobody chose one. */
import { expect, test } from "vitest";
import { createCpuDevice, type EngineDevice } from "../engine/index";
import { openFastest } from "./devices";

const processor = createCpuDevice();

/** An adapter, and whether it was closed. */
function adapter(software: boolean): { device: EngineDevice; closed: () => boolean } {
  let closed = false;
  const device = { ...createCpuDevice(), dispose: () => void (closed = true) };
  return { device: { ...device, info: { ...device.info, kind: "webgpu", software } }, closed: () => closed };
}

test("a graphics card trains; a software adapter is closed and leaves it to the processor", async () => {
  const [card, software] = [adapter(false), adapter(true)];
  expect(
    await openFastest(
      async () => card.device,
      () => processor,
    ),
  ).toEqual({ device: card.device, missing: null });
  expect(
    await openFastest(
      async () => software.device,
      () => processor,
    ),
  ).toEqual({ device: processor, missing: null });
  expect([card.closed(), software.closed()]).toEqual([false, true]);
});

test("without an adapter the processor trains, with the reason", async () => {
  const reason = new Error("no adapter");
  const opened = await openFastest(
    () => Promise.reject(reason),
    () => processor,
  );
  expect(opened).toEqual({ device: processor, missing: reason });
});
