/**
 * One process of a simulated federation: it lives, can be suspended and resumed, and dies. Its clock may be wrong, and its
 * timers early. Nothing that belongs to a dead process goes on, and nothing of a suspended one until it is resumed.
 */
import type { Clock } from '../../shared/clock.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** How far a process's clock is from the world's: `offsetMs` ahead at its start, and `drift` more of every millisecond. */
export interface Skew {
  readonly offsetMs: number;
  readonly drift: number;
}

export const NO_SKEW: Skew = { offsetMs: 0, drift: 0 };

export interface Host {
  /** The clock as this process reads it. Its timers are gone when it dies. */
  readonly clock: Clock;
  readonly state: 'alive' | 'suspended' | 'dead';
  /** Runs it now; when the process is suspended, once it is resumed; when it is dead, never. */
  run(callback: () => void): void;
  /** Waits until the process is not suspended; null where it is not; for ever where it is dead. */
  readonly gate: () => Promise<void> | null;
  /** The same service as this process reaches it: what a dead process asks is never answered. All members must be functions that return promises. */
  guard<Service extends object>(service: Service): Service;
  suspend(): void;
  resume(): void;
  die(): void;
  /** Sets its wall clock: timers that run go on by what they were given. */
  setClock(byMs: number): void;
  /** Timers that it has set and that have neither fired nor been cancelled. */
  readonly pending: number;
}

export interface HostOptions {
  readonly clock: VirtualClock;
  readonly skew?: Skew;
  /** Timers fire by so much too early, as some systems' do. Milliseconds. */
  readonly earlyMs?: number;
}

/** As Node's timers: none is shorter. */
const LEAST_MS = 1;

const never = (): Promise<never> => new Promise(() => undefined);

export function createHost({ clock, skew = NO_SKEW, earlyMs = 0 }: HostOptions): Host {
  const born = clock.now();
  const timers = new Set<() => void>();
  const waiting: (() => void)[] = [];
  let state: Host['state'] = 'alive';
  let offsetMs = skew.offsetMs;

  const run = (callback: () => void): void => {
    if (state === 'alive') callback();
    else if (state === 'suspended') waiting.push(callback);
  };
  const gate = (): Promise<void> | null => {
    if (state === 'alive') return null;
    return state === 'dead' ? never() : new Promise((resolve) => waiting.push(resolve));
  };

  return {
    get state() {
      return state;
    },
    clock: {
      now: () => clock.now() + offsetMs + skew.drift * (clock.now() - born),
      after(delayMs, callback) {
        if (state === 'dead') return () => undefined;
        let cancelled = false;
        const inWorld = clock.after(Math.max(LEAST_MS, delayMs / (1 + skew.drift) - earlyMs), () => {
          timers.delete(cancel);
          run(() => {
            if (!cancelled) callback();
          });
        });
        const cancel = (): void => {
          cancelled = true;
          timers.delete(cancel);
          inWorld();
        };
        timers.add(cancel);
        return cancel;
      },
    },
    run,
    gate,
    guard<Service extends object>(service: Service): Service {
      const guarded = Object.entries(service).map(([name, member]): [string, unknown] => {
        const method = member as (...given: unknown[]) => unknown;
        return [name, (...given: unknown[]) => (state === 'alive' ? method(...given) : gate()?.then(() => method(...given)))];
      });
      return Object.fromEntries(guarded) as Service;
    },
    suspend() {
      if (state === 'alive') state = 'suspended';
    },
    resume() {
      if (state !== 'suspended') return;
      state = 'alive';
      // In the order in which it would have happened; it may die of one of them.
      for (const callback of waiting.splice(0)) run(callback);
    },
    die() {
      state = 'dead';
      waiting.length = 0;
      for (const cancel of [...timers]) cancel();
    },
    setClock(byMs) {
      offsetMs += byMs;
    },
    get pending() {
      return timers.size;
    },
  };
}
