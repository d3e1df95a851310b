/** Holds edges before their training, so that the rounds can rest while the baseline is measured. */

export interface Gate {
  /** Resolves at once while the gate is open. */
  pass(signal?: AbortSignal): Promise<void>;
  /** Resolves when so many wait in front of it. */
  shut(waiters: number): Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let closed = false;
  const waiting = new Set<() => void>();
  let full: { readonly waiters: number; readonly resolve: () => void } | null = null;
  const look = (): void => {
    if (!full || waiting.size < full.waiters) return;
    full.resolve();
    full = null;
  };
  return {
    pass(signal) {
      if (!closed) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const go = (): void => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        const onAbort = (): void => {
          waiting.delete(go);
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(go);
        look();
      });
    },
    shut(waiters) {
      closed = true;
      return new Promise((resolve) => {
        full = { waiters, resolve };
        look();
      });
    },
    open() {
      closed = false;
      for (const go of waiting) go();
      waiting.clear();
    },
  };
}
