/**
 * Frozen weights on the device: each tensor once, however many graphs read it, freed when none
 * does.
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

/** Numbers handed over at a time: what is decoded, and what the driver copies, stays small. */
const PART = 2 ** 22;
/** Numbers on their way to the device before it is waited for. */
const IN_FLIGHT = 2 ** 25;

const asNumbers = (part: Uint8Array | Float32Array): Float32Array =>
  part instanceof Float32Array ? part : new Float32Array(part.slice().buffer);

/** Writing takes a multiple of four bytes. */
function padded(halves: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  if (halves.length % 2 === 0) return halves;
  const even = new Uint16Array(halves.length + 1);
  even.set(halves);
  return even;
}

export class WeightStore {
  private readonly singles = new Map<object, Entry>();
  private readonly halves = new Map<object, Entry>();
  private inFlight = 0;

  constructor(private readonly device: GPUDevice) {}

  /**
   * The buffer that holds the tensor's numbers as float32 or as halves; counts one more user.
   * @throws RadaptError `gpu.memory` for a tensor that no kernel could bind
   */
  async acquire(tensor: Tensor, name: string, half: boolean): Promise<GPUBuffer> {
    const key = dataIdentity(tensor);
    const entries = half ? this.halves : this.singles;
    let entry = entries.get(key);
    if (!entry) {
      const buffer = this.create((half ? 2 : 4) * sizeOf(tensor.shape), name);
      entry = { buffer, users: 0, written: this.write(tensor, buffer, half) };
      entries.set(key, entry);
    }
    entry.users++;
    await entry.written;
    return entry.buffer;
  }

  release(tensor: Tensor, half: boolean): void {
    const key = dataIdentity(tensor);
    const entries = half ? this.halves : this.singles;
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

  private async write(tensor: Tensor, buffer: GPUBuffer, half: boolean): Promise<void> {
    const { queue } = this.device;
    for (const [index, part] of float32Parts(tensor, PART)) {
      if (half) queue.writeBuffer(buffer, 2 * index, padded(halvesOf(asNumbers(part))));
      else queue.writeBuffer(buffer, 4 * index, part as Uint8Array<ArrayBuffer>);
      this.inFlight += part.byteLength / 4;
      if (this.inFlight < IN_FLIGHT) continue;
      this.inFlight = 0;
      queue.submit([]);
      await queue.onSubmittedWorkDone();
    }
  }
}
