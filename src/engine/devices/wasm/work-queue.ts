/**
 * Does work in the order in which it was asked for. After a failure all later work fails with it,
 * up to a restart.
 */
export interface WorkQueue {
  add<R>(work: () => R | Promise<R>): Promise<R>;
  /** Adds work that runs even after a failure; what follows it runs again. */
  restart<R>(work: () => R | Promise<R>): Promise<R>;
}

export function createWorkQueue(): WorkQueue {
  let tail: Promise<unknown> = Promise.resolve();
  const follow = <R>(before: Promise<unknown>, work: () => R | Promise<R>): Promise<R> => {
    const done = before.then(work);
    tail = done;
    // Whoever waits for the work hears of its failure; a step that nobody waits for must not end
    // the program.
    tail.catch(() => undefined);
    return done;
  };
  return {
    add: (work) => follow(tail, work),
    restart: (work) =>
      follow(
        tail.catch(() => undefined),
        work,
      ),
  };
}
