/** Long work on one thread, in turns: between them a cancel is heard. */

/** Longest time without a turn for messages (an abort among them), ms. */
const TURN_MS = 50;

/**
 * To be awaited often: gives way when the turn is over, then goes on unless it was cancelled.
 *
 * @param maxMs length of a turn
 * @returns rejects with the signal's reason when aborted
 */
export function eventLoopYielder(signal?: AbortSignal, maxMs = TURN_MS): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began >= maxMs) {
      await new Promise((resolve) => setTimeout(resolve));
      began = performance.now();
    }
    signal?.throwIfAborted();
  };
}
