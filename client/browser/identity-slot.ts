/**
 * Several tabs of one browser are several edges: each takes the first identity that no
 * other tab holds, by a Web Lock, which the browser frees even when a tab crashes.
 */

const MOST_TABS = 64;

export interface IdentitySlot {
  readonly slot: number;
  release(): void;
}

/** Resolves to a function that frees the lock; null while another tab holds it. */
function tryLock(locks: LockManager, name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((free) => resolve(free));
      })
      .catch(reject);
  });
}

/** Over plain HTTP from another machine browsers have no Web Locks: then all tabs share the first identity. */
export async function claimIdentitySlot(): Promise<IdentitySlot> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (locks === undefined) return { slot: 0, release: () => undefined };
  for (let slot = 0; slot < MOST_TABS; slot++) {
    const release = await tryLock(locks, `murmuration-identity-${slot}`);
    if (release !== null) return { slot, release };
  }
  return { slot: MOST_TABS, release: () => undefined };
}
