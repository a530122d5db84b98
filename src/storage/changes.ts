/** Says which store has changed, to this thread and to every other tab and worker of the site. */

export type ChangedStore = "datasets" | "backbones" | "features" | "plans" | "records" | "settings" | "adapters";

export interface Change {
  store: ChangedStore;
  /**
   * What changed, where it is one thing: a dataset's, backbone's, plan's or record's id, or a
   * setting's key.
   */
  id?: string;
}

export interface Changes {
  emit(change: Change): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (change: Change) => void): () => void;
  close(): void;
}

export function createChanges(name: string): Changes {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${name} changes`);
  // In Node an open channel would keep the program from ending.
  (channel as { unref?: () => void } | null)?.unref?.();
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change) => {
    for (const listener of [...listeners]) listener(change);
  };
  if (channel) channel.onmessage = (event: MessageEvent<Change>) => tell(event.data);
  return {
    emit: (change) => {
      channel?.postMessage(change);
      tell(change);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      listeners.clear();
      channel?.close();
    },
  };
}
