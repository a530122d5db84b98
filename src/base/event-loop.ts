/**
 * Lets long work on one thread yield to the event loop, so that the thread receives messages such
 * as a cancel.
 */

/** Longest time between two yields, ms. */
const TURN_MS = 50;

/**
 * Makes a function that long work awaits often. It yields to the event loop when `maxMs` have
 * passed since the last yield; otherwise it returns at once.
 *
 * @param signal a cancel: the function's promise rejects with the signal's reason
 * @param maxMs longest time between two yields, ms
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
