/** Long computations of a screen, done in short turns so that the page stays responsive. */
import { useEffect, useState } from "react";
import { eventLoopYielder } from "../../base";

/** Longest time that a computation keeps the page from answering, ms. */
const DRAWING_TURN_MS = 12;

/** Runs the steps to their end. @throws the reason of `signal` once it is aborted */
async function inTurns<T>(steps: Generator<undefined, T>, signal: AbortSignal): Promise<T> {
  const breathe = eventLoopYielder(signal, DRAWING_TURN_MS);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await breathe();
  return step.value;
}

/**
 * The result of a computation; undefined until it is there.
 *
 * @param start begins it; a new function (see useCallback) begins anew
 */
export function useInTurns<T>(start: () => Generator<undefined, T>): T | undefined {
  const [state, setState] = useState<{ start: typeof start; value: T } | null>(null);
  useEffect(() => {
    const cancel = new AbortController();
    inTurns(start(), cancel.signal).then(
      (value) => setState({ start, value }),
      () => {},
    );
    return () => cancel.abort();
  }, [start]);
  return state?.start === start ? state.value : undefined;
}
