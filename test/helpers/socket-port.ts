/** A port to a transport elsewhere, over a socket: so that a test drives a tab's wires as if they were its own. */
import type { Port } from '../../client/gossip/webrtc/port-messages.ts';

/** What socket.io's sockets have in common on both of its sides. */
interface AnySocket {
  emit(event: 'wires', message: unknown): unknown;
  on(event: 'wires', handler: (message: unknown) => void): unknown;
}

interface WithBytes {
  readonly bytes?: unknown;
}

export function socketPort<In, Out>(socket: AnySocket): Port<In, Out> {
  const port: Port<In, Out> = { postMessage: (message) => void socket.emit('wires', message), onmessage: null };
  socket.on('wires', (message) => {
    const { bytes } = message as WithBytes;
    // In Node bytes come as a view of a larger buffer; ports give buffers.
    const data = bytes instanceof Uint8Array ? { ...(message as object), bytes: new Uint8Array(bytes).buffer } : message;
    port.onmessage?.({ data } as MessageEvent<In>);
  });
  return port;
}
