/**
 * Marks data that a tab or worker is writing, so that the sweep of another one leaves them alone. A
 * mark ends with its holder: after a crash or a reload nothing stays marked.
 */

/** The marks of this thread, for platforms without the Web Locks API. */
const here = new Set<string>();

const locks = (): LockManager | undefined => (typeof navigator === "undefined" ? undefined : navigator.locks);

/**
 * Marks a name.
 *
 * @returns a function that ends the mark
 */
export async function markLive(name: string): Promise<() => void> {
  here.add(name);
  const manager = locks();
  if (!manager) return () => void here.delete(name);
  const release = await new Promise<() => void>((resolve, reject) => {
    const untilReleased = () => new Promise<void>((end) => resolve(end));
    manager.request(`radapt ${name}`, untilReleased).catch(reject);
  });
  return () => {
    here.delete(name);
    release();
  };
}

/** Runs `sweep` unless the name is marked live somewhere. */
export async function unlessLive(name: string, sweep: () => Promise<void>): Promise<void> {
  if (here.has(name)) return;
  const manager = locks();
  if (!manager) return sweep();
  await manager.request(`radapt ${name}`, { ifAvailable: true }, (lock) => (lock ? sweep() : undefined));
}
