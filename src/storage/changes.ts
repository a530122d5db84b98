/**
 * Announces which store has changed, to this thread and to every other tab and worker of the site.
 */

export type ChangedStore = "datasets" | "backbones" | "features" | "plans" | "records" | "settings" | "adapters";

export interface Change {
  store: ChangedStore;
  /**
   * The id of the changed dataset, backbone, plan or record, or the key of the changed setting.
   * Absent where more than one changed.
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
  // An open channel would keep Node from exiting.
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
