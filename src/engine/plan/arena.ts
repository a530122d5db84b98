/**
 * Where intermediate results live: offsets in a few large buffers, from the time each is made to
 * its last use. The largest are placed first, each in the tightest gap among what lives at the same
 * time ("greedy by size", Pisarchyk & Lee, Efficient Memory Management for Deep Neural Net
 * Inference, arXiv 2001.03288).
 */
export interface Lifetime {
  bytes: number;
  /** Index of the kernel that makes it, and of the last that reads it. */
  from: number;
  to: number;
}

export interface Slot {
  arena: number;
  offset: number;
}

export interface ArenaPlan {
  slots: Slot[];
  /** Size of each arena, bytes. */
  sizes: number[];
}

/** WebGPU's minStorageBufferOffsetAlignment. */
export const ALIGNMENT = 256;

export const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

interface Placed extends Slot {
  bytes: number;
  from: number;
  to: number;
}

/** Bytes of what lives at once, at most: no arena is smaller. */
export function peakBytes(lifetimes: readonly Lifetime[]): number {
  const changes = new Array<number>(lifetimes.reduce((most, { from }) => Math.max(most, from + 1), 0)).fill(0);
  for (const { bytes, from, to } of lifetimes) {
    changes[from] += aligned(bytes);
    if (to + 1 < changes.length) changes[to + 1] -= aligned(bytes);
  }
  let [live, peak] = [0, 0];
  for (const change of changes) {
    live += change;
    peak = Math.max(peak, live);
  }
  return peak;
}

/** @param maxBytes size that one arena may have */
export function planArena(lifetimes: readonly Lifetime[], maxBytes: number): ArenaPlan {
  const sizes: number[] = [];
  const slots: Slot[] = lifetimes.map(() => ({ arena: 0, offset: 0 }));
  const placed: Placed[] = [];
  const largestFirst = [...lifetimes.entries()].sort(([, a], [, b]) => b.bytes - a.bytes);
  for (const [i, { bytes, from, to }] of largestFirst) {
    const needed = aligned(Math.max(bytes, 4));
    const beside = placed.filter((p) => p.from <= to && from <= p.to);
    const slot = bestFit(beside, sizes, needed, maxBytes);
    sizes[slot.arena] = Math.max(sizes[slot.arena] ?? 0, slot.offset + needed);
    slots[i] = slot;
    placed.push({ ...slot, bytes: needed, from, to });
  }
  return { slots, sizes };
}

/** The tightest gap between live ranges; else the end of the first arena with room. */
function bestFit(beside: readonly Placed[], sizes: readonly number[], needed: number, maxBytes: number): Slot {
  let best: (Slot & { waste: number }) | null = null;
  for (let arena = 0; arena < sizes.length; arena++) {
    const ranges = beside.filter((p) => p.arena === arena).sort((a, b) => a.offset - b.offset);
    let end = 0;
    for (const range of [...ranges, { offset: sizes[arena], bytes: 0 }]) {
      const waste = range.offset - end - needed;
      if (waste >= 0 && (!best || waste < best.waste)) best = { arena, offset: end, waste };
      end = Math.max(end, range.offset + range.bytes);
    }
    const tail = ranges.reduce((most, r) => Math.max(most, r.offset + r.bytes), 0);
    if (!best && tail + needed <= maxBytes) best = { arena, offset: tail, waste: Infinity };
  }
  return best ? { arena: best.arena, offset: best.offset } : { arena: sizes.length, offset: 0 };
}
