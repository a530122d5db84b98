/** Frozen weights on the device: each tensor once, however many graphs read it, freed when none does. */
import type { Tensor } from "../tensor";

interface Entry {
  buffer: GPUBuffer;
  users: number;
}

export class WeightStore {
  private readonly entries = new Map<Tensor["data"], Entry>();

  constructor(private readonly device: GPUDevice) {}

  /** The buffer that holds the tensor's numbers as float32; counts one more user. */
  acquire(tensor: Tensor): GPUBuffer {
    let entry = this.entries.get(tensor.data);
    if (!entry) {
      const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
      const size = Math.max(16, Math.ceil(data.byteLength / 16) * 16);
      const buffer = this.device.createBuffer({
        size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
        label: "weight",
      });
      this.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
      entry = { buffer, users: 0 };
      this.entries.set(tensor.data, entry);
    }
    entry.users++;
    return entry.buffer;
  }

  release(tensor: Tensor): void {
    const entry = this.entries.get(tensor.data);
    if (!entry || --entry.users > 0) return;
    entry.buffer.destroy();
    this.entries.delete(tensor.data);
  }
}
