/**
 * What every other GPU test relies on: an adapter exists, and a compute shader gives the right
 * numbers.
 */
import { expect, test } from "vitest";
import { requestTestAdapter } from "./test-gpu";

const code = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&values)) { values[id.x] = values[id.x] * 2.0 + 1.0; }
}`;

test("an adapter runs a compute shader", async () => {
  const adapter = await requestTestAdapter();
  const device = await adapter.requestDevice();
  const input = Float32Array.from({ length: 1000 }, (_, i) => i / 8);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const values = device.createBuffer({ size: input.byteLength, usage });
  const staging = device.createBuffer({
    size: input.byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(values, 0, input);
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: values } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(Math.ceil(input.length / 64));
  pass.end();
  encoder.copyBufferToBuffer(values, 0, staging, 0, input.byteLength);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const output = new Float32Array(staging.getMappedRange().slice(0));
  device.destroy();
  expect(Array.from(output)).toEqual(Array.from(input, (x) => x * 2 + 1));
});
