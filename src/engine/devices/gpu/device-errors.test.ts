/** An error that WebGPU reports to no caller reaches whoever reads a result next. */
import { expect, it } from "vitest";
import { type DeviceErrorSource, DeviceErrors } from "./device-errors";

class GPUOutOfMemoryError {
  constructor(readonly message: string) {}
}
class GPUValidationError {
  constructor(readonly message: string) {}
}

/** A device with a function that makes it report an error. */
function reporting() {
  const device: DeviceErrorSource = { onuncapturederror: null };
  const deviceErrors = new DeviceErrors(device);
  const report = (error: GPUError) =>
    device.onuncapturederror!.call(device as GPUDevice, { error } as GPUUncapturedErrorEvent);
  return { deviceErrors, report };
}

const saying = (code: string, got: string) =>
  expect.objectContaining({ parts: expect.objectContaining({ code, got }) });

it("says nothing where nothing was reported", () => {
  expect(() => reporting().deviceErrors.check()).not.toThrow();
});

it("tells of the first refused command for good", () => {
  const { deviceErrors, report } = reporting();
  report(new GPUValidationError("Bindings overlap\n - While encoding"));
  report(new GPUValidationError("Invalid command buffer"));
  for (let i = 0; i < 2; i++) expect(() => deviceErrors.check()).toThrow(saying("gpu.fault", "Bindings overlap"));
});

it("tells of a full memory once", () => {
  const { deviceErrors, report } = reporting();
  report(new GPUOutOfMemoryError("Failed to allocate"));
  report(new GPUValidationError("Invalid bind group"));
  expect(() => deviceErrors.check()).toThrow(saying("gpu.memory", "Failed to allocate"));
  expect(() => deviceErrors.check()).not.toThrow();
});
