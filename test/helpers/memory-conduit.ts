/** A relay in this process: what two peers are connected to. It passes on after a turn of the event loop, as a socket would. */
import type { Conduit } from '../../client/gossip/relay-transport.ts';
import { createEnding, type Ending } from '../../client/gossip/wire-parts.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';

interface Connected {
  readonly ending: Ending;
  handler: ((from: EdgeId, bytes: Uint8Array) => void) | null;
}

export interface MemoryRelay {
  connect(self: EdgeId): Conduit;
  /** It is gone for all. */
  end(reason: string): void;
  /** Most packets that were under way at once. */
  readonly mostUnderWay: number;
}

export function createMemoryRelay(): MemoryRelay {
  const peers = new Map<EdgeId, Connected>();
  let underWay = 0;
  let mostUnderWay = 0;
  return {
    get mostUnderWay() {
      return mostUnderWay;
    },
    end(reason) {
      for (const { ending } of peers.values()) ending.end(reason);
    },
    connect(self) {
      const own: Connected = { ending: createEnding(), handler: null };
      peers.set(self, own);
      return {
        get closed() {
          return own.ending.reason !== null;
        },
        relay(to, bytes) {
          // As Node's sockets give them: somewhere in a larger buffer.
        const copy = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
          mostUnderWay = Math.max(mostUnderWay, ++underWay);
          return new Promise((resolve, reject) => setImmediate(() => {
            underWay--;
            const peer = peers.get(to);
            if (own.ending.reason !== null) return reject(new MurmurError('disconnected', 'the relay is gone'));
            if (peer === undefined || peer.ending.reason !== null) return reject(new MurmurError('not_found', 'no such peer'));
            peer.handler?.(self, copy);
            resolve();
          }));
        },
        onRelayed(handler) {
          own.handler = handler;
        },
        onClose: (handler) => own.ending.onEnd(handler),
      };
    },
  };
}
