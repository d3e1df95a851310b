/** One message on its way over a link without a wire, for whoever carries it otherwise than it was sent. */
export interface WireMessage {
  readonly from: 'near' | 'far';
  readonly kind: 'request' | 'reply';
  /** Of the request, also where this is the reply to it. */
  readonly type: string;
  /** The request's payload; or of the answer `reply` or `error`. A copy that is the wire's own. */
  readonly payload: unknown;
}

/** Delivers the message, `extraMs` later than its line would, with its own payload or another. May be called never, once or more often. */
export type Deliver = (extraMs?: number, payload?: unknown) => void;

/** Left out, every message is delivered once. */
export type Carry = (message: WireMessage, deliver: Deliver) => void;
