/**
 * Holds frozen weights on the device. Graphs that read the same tensor share one buffer, which is
 * freed after its last user releases it.
 */
import { RadaptError } from "../../../base/error";
import { halvesOf } from "../../../base/half";
import { dataIdentity, float32Parts } from "../../graph/lazy-tensor";
import { sizeOf, type Tensor } from "../../graph/tensor";

interface Entry {
  buffer: GPUBuffer;
  users: number;
  written: Promise<void>;
}

/** Numbers per upload. It bounds the memory for decoded numbers and for the driver's copies. */
const CHUNK_SIZE = 2 ** 22;
/** Numbers to upload before waiting for the device. */
const MAX_IN_FLIGHT = 2 ** 25;

const asNumbers = (part: Uint8Array | Float32Array): Float32Array =>
  part instanceof Float32Array ? part : new Float32Array(part.slice().buffer);

/** WebGPU writes multiples of four bytes, so an odd number of 16-bit floats needs one more. */
function padded(numbers: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  if (numbers.length % 2 === 0) return numbers;
  const even = new Uint16Array(numbers.length + 1);
  even.set(numbers);
  return even;
}

/** Buffers of frozen weights by tensor and storage type. */
export class WeightStore {
  private readonly f32Entries = new Map<object, Entry>();
  private readonly f16Entries = new Map<object, Entry>();
  private inFlight = 0;

  constructor(private readonly device: GPUDevice) {}

  /**
   * Returns the buffer that holds the tensor's numbers and counts one more user. The first user
   * uploads them.
   *
   * @param f16 whether to store 16-bit instead of 32-bit floats
   * @throws RadaptError `gpu.memory` for a tensor that is too large to bind
   */
  async acquire(tensor: Tensor, name: string, f16: boolean): Promise<GPUBuffer> {
    const key = dataIdentity(tensor);
    const entries = f16 ? this.f16Entries : this.f32Entries;
    let entry = entries.get(key);
    if (!entry) {
      const buffer = this.create((f16 ? 2 : 4) * sizeOf(tensor.shape), name);
      entry = { buffer, users: 0, written: this.write(tensor, buffer, f16) };
      entries.set(key, entry);
    }
    entry.users++;
    await entry.written;
    return entry.buffer;
  }

  /** Counts one user less and frees the buffer after the last one. */
  release(tensor: Tensor, f16: boolean): void {
    const key = dataIdentity(tensor);
    const entries = f16 ? this.f16Entries : this.f32Entries;
    const entry = entries.get(key);
    if (!entry || --entry.users > 0) return;
    entry.buffer.destroy();
    entries.delete(key);
  }

  private create(bytes: number, name: string): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (bytes > most) {
      throw new RadaptError("A weight is larger than this graphics adapter can bind", {
        code: "gpu.memory",
        where: name,
        expected: `at most ${Math.floor(most / 2 ** 20)} MiB`,
        got: `${Math.ceil(bytes / 2 ** 20)} MiB`,
        remedy: "Use a smaller backbone, or a machine with another graphics adapter.",
      });
    }
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ size: Math.max(16, Math.ceil(bytes / 16) * 16), usage, label: "weight" });
  }

  private async write(tensor: Tensor, buffer: GPUBuffer, f16: boolean): Promise<void> {
    const { queue } = this.device;
    for (const [index, part] of float32Parts(tensor, CHUNK_SIZE)) {
      if (f16) queue.writeBuffer(buffer, 2 * index, padded(halvesOf(asNumbers(part))));
      else queue.writeBuffer(buffer, 4 * index, part as Uint8Array<ArrayBuffer>);
      this.inFlight += part.byteLength / 4;
      if (this.inFlight < MAX_IN_FLIGHT) continue;
      this.inFlight = 0;
      queue.submit([]);
      await queue.onSubmittedWorkDone();
    }
  }
}
