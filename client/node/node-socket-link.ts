/**
 * The link of a Node agent: WebSocket frames with the masking key 0.
 *
 * Masking keeps a page's script from choosing the bytes that a proxy sees on the wire (RFC 6455, section 10.3). Nobody's
 * script runs in an agent, whose owner can send what he likes anyway; and XOR with a random key, byte by byte in
 * JavaScript on both sides, costs more than all else that is done to a report.
 */
import { NodeWebSocket } from 'socket.io-client';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { connectSocketLink, type SocketTransports } from '../edge/socket-link.ts';

class UnmaskedWebSocket extends NodeWebSocket {
  override createSocket(uri: string, protocols: string | string[] | undefined, options: Record<string, unknown>): unknown {
    return super.createSocket(uri, protocols, { ...options, generateMask: (key: Uint8Array) => key.fill(0) });
  }
}

export const NODE_TRANSPORTS: SocketTransports = [UnmaskedWebSocket];

/** One attempt. @throws disconnected when the coordinator cannot be reached, aborted when the signal fires */
export function connectNodeSocketLink(url: string, signal: AbortSignal): Promise<Link<EdgeToCoordinator>> {
  return connectSocketLink(url, signal, NODE_TRANSPORTS);
}
