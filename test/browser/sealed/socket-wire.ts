/** A relayed wire whose relay is one socket: both its ends are made alike, in a tab and in Node. */
import type { Conduit } from '../../../client/gossip/relay-transport.ts';
import type { Signalling } from '../../../client/gossip/wire.ts';
import type { EdgeId } from '../../../shared/ids.ts';

/** What both kinds of sockets can do. */
export interface RelayingSocket {
  on(event: 'relay', handler: (bytes: Uint8Array | ArrayBuffer, taken: () => void) => void): unknown;
  on(event: 'signal', handler: (signal: unknown) => void): unknown;
  emit(event: 'signal', signal: unknown): unknown;
  emitWithAck(event: 'relay', bytes: Uint8Array): Promise<unknown>;
}

/** @param seen called with all that the relay passes on to this end */
export function overSocket(socket: RelayingSocket, peer: EdgeId, seen: (bytes: Uint8Array) => void = () => undefined): { readonly conduit: Conduit; readonly signalling: Signalling } {
  return {
    conduit: {
      relay: (_, bytes) => socket.emitWithAck('relay', bytes).then(() => undefined),
      onRelayed: (handler) => void socket.on('relay', (given, taken) => {
        const bytes = new Uint8Array(given);
        seen(bytes);
        handler(peer, bytes);
        taken();
      }),
    },
    signalling: { peer, send: (signal) => void socket.emit('signal', signal), onSignal: (handler) => void socket.on('signal', handler) },
  };
}
