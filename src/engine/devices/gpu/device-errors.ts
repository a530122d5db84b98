/**
 * Collects WebGPU's uncaptured errors. WebGPU reports an error late and to no particular caller. It
 * has skipped the command then, and results would read as zeros. So this keeps the first error, and
 * whoever reads a result next gets it. https://gpuweb.github.io/gpuweb/#errors-and-debugging
 */
import { RadaptError } from "../../../base/error";

/** The part of a `GPUDevice` that is needed. */
export type DeviceErrorSource = Pick<GPUDevice, "onuncapturederror">;

export class DeviceErrors {
  private first: RadaptError | null = null;

  constructor(device: DeviceErrorSource) {
    device.onuncapturederror = ({ error }) => {
      this.first ??= deviceErrorOf(error);
    };
  }

  /**
   * Throws the first error since the device was created. An out-of-memory error is thrown once,
   * because a smaller request may still fit. Any other error is thrown at every call, because
   * nobody knows which commands it skipped.
   *
   * @throws RadaptError `gpu.memory` or `gpu.fault`
   */
  check(): void {
    const { first } = this;
    if (first?.code === "gpu.memory") this.first = null;
    if (first) throw first;
  }
}

function deviceErrorOf(error: GPUError): RadaptError {
  const got = error.message.trim().split("\n")[0];
  if (error.constructor.name === "GPUOutOfMemoryError")
    return new RadaptError("The graphics adapter's memory is full", {
      code: "gpu.memory",
      got,
      remedy:
        "Use a smaller batch, a smaller backbone or a method that trains fewer layers, or close " +
        "what else uses the graphics card.",
    });
  return new RadaptError("The graphics adapter refused a command, so that its results do not count", {
    code: "gpu.fault",
    expected: "commands that it can carry out",
    got,
    remedy:
      "Reload the page, or start again, and try once more. If it happens again, report it with " +
      "this text: it is a defect of Radapt or of the driver.",
  });
}
