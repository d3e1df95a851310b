/** Signals between the two sides of an attempt, in one process: small JSON, in order, kept until somebody listens. */
import type { Signalling } from '../../client/gossip/wire.ts';
import { asEdgeId } from '../../shared/ids.ts';

export interface SignallingPair {
  readonly near: Signalling;
  readonly far: Signalling;
}

export const NEAR = asEdgeId(`e${'1'.repeat(20)}`);
export const FAR = asEdgeId(`e${'2'.repeat(20)}`);

export function createSignalling(): SignallingPair {
  const ends = [{ handler: null as ((signal: unknown) => void) | null, kept: [] as unknown[] }, { handler: null as ((signal: unknown) => void) | null, kept: [] as unknown[] }];
  const endAt = (own: 0 | 1): Signalling => {
    const [mine, other] = own === 0 ? ends : [ends[1], ends[0]];
    return {
      peer: own === 0 ? FAR : NEAR,
      send(signal) {
        const carried: unknown = JSON.parse(JSON.stringify(signal));
        // Never within the call: signals take their time wherever they go.
        queueMicrotask(() => (other.handler ? other.handler(carried) : other.kept.push(carried)));
      },
      onSignal(handler) {
        mine.handler = handler;
        for (const signal of mine.kept.splice(0)) handler(signal);
      },
    };
  };
  return { near: endAt(0), far: endAt(1) };
}
