/** The worker's clock, and the pace at which progress crosses to the page. */
import type { OnProgress } from "../base/progress";

export const clock = { now: () => performance.now(), iso: () => new Date().toISOString() };

/** Least time between two messages of progress, ms. */
const interval = 100;

/** Drops messages that follow the one before too soon. The last message always arrives. */
export function paced(onProgress: OnProgress): OnProgress {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = clock.now();
    if (now - last < interval && progress.done < progress.total) return;
    last = now;
    onProgress(progress);
  };
}
