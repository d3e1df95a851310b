/**
 * A link is one end of a two-way conversation in requests and replies. socket.io carries
 * it in production, a pair in memory in simulations; nobody above knows which.
 */
import type { ErrorBody } from '../errors.ts';

export type Reply<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: ErrorBody };

/** Requests of one direction: type → payload and reply. */
export type RequestMap = Record<string, { request: unknown; reply: unknown }>;

export interface Link<Outgoing extends RequestMap> {
  /**
   * Sends a request and waits for its reply.
   * @throws the MurmurError that the other side replied with; `timeout`; `disconnected` when the link closes first.
   */
  request<Type extends keyof Outgoing & string>(type: Type, payload: Outgoing[Type]['request'], options?: { readonly timeoutMs?: number }): Promise<Outgoing[Type]['reply']>;
  /** The one handler of what comes in: untrusted types and payloads. What it throws becomes an error reply. */
  onRequest(handler: (type: string, payload: unknown) => Promise<object>): void;
  /** Called once, when either side closed or the wire broke. */
  onClose(handler: (reason: string) => void): void;
  close(reason?: string): void;
  readonly closed: boolean;
}
