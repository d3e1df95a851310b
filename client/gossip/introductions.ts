/**
 * Keeps a peer registered with its introducers: whoever goes is called again, less and less often and never by all at the same
 * time, so that newcomers find the swarm when a rendezvous comes back. The swarm does not depend on it.
 */
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import type { RandomSource } from '../../shared/random.ts';
import { reconnectWait } from '../edge/reconnect.ts';
import type { Introducer, Introduction } from './introducer.ts';

export interface IntroductionsOptions {
  readonly task: TaskId;
  readonly introducers: readonly Introducer[];
  readonly clock: Clock;
  readonly random: RandomSource;
  /** @throws where this is not what it should be: it is then left, and the introducer called again later */
  readonly onJoined: (introduction: Introduction, introducer: Introducer) => void;
  readonly onMore: (peers: readonly EdgeId[]) => void;
  readonly onLost: (introduction: Introduction, introducer: Introducer, reason: string) => void;
  readonly onFailed: (introducer: Introducer, error: MurmurError) => void;
}

export interface Introductions {
  readonly open: readonly Introduction[];
  /** Resolves with the first introduction; rejects where each introducer refused for good, or all were stopped. */
  start(): Promise<void>;
  /** Asks those that are open for other peers; who cannot be asked is joined anew. */
  refresh(): void;
  stop(): Promise<void>;
}

export function createIntroductions({ task, introducers, clock, random, onJoined, onMore, onLost, onFailed }: IntroductionsOptions): Introductions {
  const stopper = new AbortController();
  const open = new Map<Introducer, Introduction>();
  /** Each ends the wait for an introduction's end, to join anew. */
  const renewals = new Map<Introduction, () => void>();
  let loops: Promise<unknown> | null = null;

  async function keep(introducer: Introducer, first: { settle: () => void; fail: (error: MurmurError) => void }): Promise<void> {
    const { signal } = stopper;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const introduction = await introducer.join(task, signal);
        if (signal.aborted) return await introduction.leave();
        open.set(introducer, introduction);
        try {
          onJoined(introduction, introducer);
        } catch (thrown) {
          open.delete(introducer);
          await introduction.leave().catch(() => undefined);
          throw thrown;
        }
        first.settle();
        failures = 0;
        const reason = await endOf(introduction, signal);
        open.delete(introducer);
        if (reason === null) await introduction.leave().catch(() => undefined);
        else onLost(introduction, introducer, reason);
        if (signal.aborted || reason === null) continue;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toMurmurError(thrown);
        onFailed(introducer, error);
        if (!error.retryable) first.fail(error);
        failures++;
      }
      await sleep(clock, reconnectWait({ failures, windowMs: 0, atWork: false }, random), signal).catch(() => undefined);
    }
  }

  /** Null: it is to be joined anew. */
  function endOf(introduction: Introduction, signal: AbortSignal): Promise<string | null> {
    return new Promise((resolve) => {
      const end = (reason: string | null): void => {
        renewals.delete(introduction);
        signal.removeEventListener('abort', renew);
        resolve(reason);
      };
      const renew = (): void => end(null);
      renewals.set(introduction, renew);
      signal.addEventListener('abort', renew, { once: true });
      introduction.onClose((reason) => end(reason));
    });
  }

  return {
    get open() {
      return [...open.values()].filter(({ closed }) => !closed);
    },
    start() {
      return new Promise((resolve, reject) => {
        let refusals = 0;
        stopper.signal.addEventListener('abort', () => reject(stopper.signal.reason as Error), { once: true });
        const refusing = introducers.map(() => {
          let counted = false;
          return (error: MurmurError): void => {
            if (!counted) refusals++;
            counted = true;
            if (refusals === introducers.length) reject(error);
          };
        });
        loops = Promise.all(introducers.map((introducer, i) => keep(introducer, { settle: resolve, fail: refusing[i] })));
      });
    },
    refresh() {
      for (const [introduction, renew] of [...renewals]) {
        if (introduction.morePeers === undefined) renew();
        else introduction.morePeers().then(onMore, () => undefined);
      }
    },
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the mesh has stopped'));
      await loops;
    },
  };
}
