/**
 * Who frees what on the device: whatever is made together goes together, when it is disposed of or
 * its making fails.
 */

export interface Disposable {
  dispose(): void;
}

/** Takes over what is to be disposed of, and gives it back. */
export type Own = <T extends Disposable | GPUBuffer>(made: T) => T;

/**
 * Makes something from parts that it owns.
 *
 * @returns it, with a `dispose` that frees the parts, the last one first; a second call does
 *   nothing
 * @throws what `make` throws, once the parts made until then are freed
 */
export async function resourceScope<T extends object>(make: (own: Own) => Promise<T>): Promise<T & Disposable> {
  const parts: (Disposable | GPUBuffer)[] = [];
  const dispose = () => {
    for (const part of parts.splice(0).reverse()) {
      if ("dispose" in part) part.dispose();
      else part.destroy();
    }
  };
  try {
    const made = await make((part) => {
      parts.push(part);
      return part;
    });
    return { ...made, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
