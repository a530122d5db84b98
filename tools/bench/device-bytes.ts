/** Counts what a library allocates on the device, whichever library: every WebGPU buffer from its making to its destruction. */

export interface DeviceBytes {
  live: number;
  peak: number;
}

/** From now on counts the buffers made in this page or process. Buffers left to the garbage collector count as live. */
export function countDeviceBytes(): DeviceBytes {
  const count: DeviceBytes = { live: 0, peak: 0 };
  if (typeof GPUDevice === "undefined") return count;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    count.live += descriptor.size;
    count.peak = Math.max(count.peak, count.live);
    const { destroy } = buffer;
    let held = true;
    buffer.destroy = () => {
      if (held) count.live -= descriptor.size;
      held = false;
      return destroy.call(buffer);
    };
    return buffer;
  };
  return count;
}
