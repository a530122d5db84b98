/**
 * Places intermediate results at offsets of a few large buffers, the arenas. A result occupies its
 * place from the kernel that computes it to the last kernel that reads it. The planner places the
 * largest results first, each in the tightest gap that is free during its lifetime ("greedy by
 * size", Pisarchyk & Lee, Efficient Memory Management for Deep Neural Net Inference, arXiv
 * 2001.03288).
 */
/** When a value occupies memory, and how much. */
export interface Lifetime {
  bytes: number;
  /** Indices of the kernel that computes the value and of the last kernel that reads it. */
  from: number;
  to: number;
}

/** Where a value is: an arena's index and an offset in bytes. */
export interface Slot {
  arena: number;
  offset: number;
}

/** The places of all values. */
export interface ArenaPlan {
  slots: Slot[];
  /** Size of each arena in bytes. */
  sizes: number[];
}

/**
 * Bytes to which every offset is aligned: the default of WebGPU's
 * `minStorageBufferOffsetAlignment`.
 */
export const ALIGNMENT = 256;

export const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

interface Placed extends Slot {
  bytes: number;
  from: number;
  to: number;
}

/** Bytes that live at the same time, at most. No arrangement of the arenas can be smaller. */
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

/**
 * Places each value.
 *
 * @param maxBytes largest size of one arena in bytes
 * @returns `slots` in the order of `lifetimes`, with no overlap between values that live at the
 *   same time
 */
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

/**
 * The tightest gap between ranges that live at the same time. If there is none, the end of the
 * first arena with room, or a new arena.
 *
 * @param beside values whose lifetimes overlap with the one to place
 */
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
