/** Reading a result throws when the device refused a command. It does not return zeros. */
import { expect, test } from "vitest";
import { openContext } from "./device";
import { testGpu } from "./test-gpu";

test("whoever reads a result learns that a command was refused", async () => {
  const context = await openContext({ gpu: await testGpu() });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = context.buffer(16, usage, "numbers");
  context.device.queue.writeBuffer(buffer, 0, Float32Array.of(1, 2, 3, 4));
  expect(Array.from(await context.read(buffer, 0, 16))).toEqual([1, 2, 3, 4]);
  const encoder = context.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, buffer, 0, 8);
  context.device.queue.submit([encoder.finish()]);
  for (let i = 0; i < 2; i++)
    await expect(context.read(buffer, 0, 16)).rejects.toMatchObject({ parts: { code: "gpu.fault" } });
  context.device.destroy();
});
