/**
 * Where intermediate results live: offsets in a few large buffers, from the time each is made to its last use.
 * Best fit over free ranges, in order of making.
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
  to: number;
}

/**
 * @param lifetimes in order of making (`from` ascending)
 * @param mostBytes size that one arena may have
 */
export function planArena(lifetimes: readonly Lifetime[], mostBytes: number): ArenaPlan {
  const sizes: number[] = [];
  const slots: Slot[] = [];
  let live: Placed[] = [];
  for (const { bytes, from, to } of lifetimes) {
    live = live.filter((p) => p.to >= from);
    const needed = aligned(Math.max(bytes, 4));
    const slot = bestFit(live, sizes, needed, mostBytes);
    sizes[slot.arena] = Math.max(sizes[slot.arena] ?? 0, slot.offset + needed);
    slots.push(slot);
    live.push({ ...slot, bytes: needed, to });
  }
  return { slots, sizes };
}

/** The tightest gap between live ranges; else the end of the first arena with room. */
function bestFit(live: readonly Placed[], sizes: readonly number[], needed: number, mostBytes: number): Slot {
  let best: (Slot & { waste: number }) | null = null;
  for (let arena = 0; arena < sizes.length; arena++) {
    const ranges = live.filter((p) => p.arena === arena).sort((a, b) => a.offset - b.offset);
    let end = 0;
    for (const range of [...ranges, { offset: sizes[arena], bytes: 0 }]) {
      const waste = range.offset - end - needed;
      if (waste >= 0 && (!best || waste < best.waste)) best = { arena, offset: end, waste };
      end = Math.max(end, range.offset + range.bytes);
    }
    const tail = ranges.reduce((most, r) => Math.max(most, r.offset + r.bytes), 0);
    if (!best && tail + needed <= mostBytes) best = { arena, offset: tail, waste: Infinity };
  }
  return best ? { arena: best.arena, offset: best.offset } : { arena: sizes.length, offset: 0 };
}
