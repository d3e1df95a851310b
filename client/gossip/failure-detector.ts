/**
 * Which of the peers with a channel still live. Whatever comes from one is a sign of life; who is quiet is asked, and who does
 * not answer for long is dead. Answers are given as questions come, which a hidden tab does as promptly as any: only timers are
 * slowed down there. So where the own timer comes far too late, it is the owner who slept, and nobody is judged by that time.
 */
import type { Clock } from '../../shared/clock.ts';
import type { EdgeId } from '../../shared/ids.ts';

export interface FailureDetectorOptions {
  /** Silence after which a peer is asked; milliseconds. */
  readonly quietMs: number;
  /** Silence after which it is dead. */
  readonly deadMs: number;
  readonly clock: Clock;
  readonly ask: (peer: EdgeId) => void;
  readonly onSuspect?: (peer: EdgeId) => void;
  readonly onDead: (peer: EdgeId) => void;
}

export interface FailureDetector {
  watch(peer: EdgeId): void;
  heard(peer: EdgeId): void;
  forget(peer: EdgeId): void;
  stop(): void;
}

export function createFailureDetector({ quietMs, deadMs, clock, ask, onSuspect = () => undefined, onDead }: FailureDetectorOptions): FailureDetector {
  const heardAt = new Map<EdgeId, number>();
  const suspected = new Set<EdgeId>();
  const every = quietMs / 2;
  let cancel: (() => void) | null = null;
  let due = 0;

  function look(): void {
    cancel = null;
    const now = clock.now();
    const slept = now - due > quietMs;
    for (const [peer, at] of heardAt) {
      if (slept) {
        heardAt.set(peer, now);
        ask(peer);
        continue;
      }
      const silent = now - at;
      if (silent >= deadMs) {
        heardAt.delete(peer);
        suspected.delete(peer);
        onDead(peer);
        continue;
      }
      if (silent < quietMs) continue;
      ask(peer);
      if (silent < deadMs / 2 || suspected.has(peer)) continue;
      suspected.add(peer);
      onSuspect(peer);
    }
    again();
  }

  function again(): void {
    if (heardAt.size === 0 || cancel !== null) return;
    due = clock.now() + every;
    cancel = clock.after(every, look);
  }

  return {
    watch(peer) {
      heardAt.set(peer, clock.now());
      again();
    },
    heard(peer) {
      if (!heardAt.has(peer)) return;
      heardAt.set(peer, clock.now());
      suspected.delete(peer);
    },
    forget(peer) {
      heardAt.delete(peer);
      suspected.delete(peer);
      if (heardAt.size > 0) return;
      cancel?.();
      cancel = null;
    },
    stop() {
      cancel?.();
      cancel = null;
      heardAt.clear();
    },
  };
}
