/** The worker's clock, and the pace at which progress crosses to the page. */
import type { OnProgress } from "../base/progress";

export const clock = { now: () => performance.now(), iso: () => new Date().toISOString() };

/** Minimum time between two messages of progress, ms. */
const MIN_INTERVAL_MS = 100;

/** Drops messages that follow the one before too soon. The last message always arrives. */
export function paced(onProgress: OnProgress): OnProgress {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = clock.now();
    if (now - last < MIN_INTERVAL_MS && progress.done < progress.total) return;
    last = now;
    onProgress(progress);
  };
}
