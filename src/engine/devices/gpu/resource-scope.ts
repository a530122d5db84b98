/**
 * Frees resources of the device together: when their owner is disposed of, or when creating the
 * owner fails halfway.
 */

export interface Disposable {
  dispose(): void;
}

/** Registers a resource with its owner and returns it. */
export type Own = <T extends Disposable | GPUBuffer>(made: T) => T;

/**
 * Creates an object from resources that it owns.
 *
 * @returns the object with a `dispose` that frees the resources, the last one first. A second call
 *   does nothing.
 * @throws what `make` throws, after freeing the resources that it created
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
