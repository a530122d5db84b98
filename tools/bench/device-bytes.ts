/**
 * Counts the bytes that any library allocates on the device: every WebGPU buffer from its creation
 * to its destruction.
 */

export interface DeviceBytes {
  live: number;
  peak: number;
}

/**
 * Starts to count the buffers of this page or process. A buffer that is left to the garbage
 * collector counts as live.
 */
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
