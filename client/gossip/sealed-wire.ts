/**
 * Seals what goes over a wire that somebody else carries: who relays it can neither read it nor change it, and what it drops,
 * repeats or sends in another order ends the wire. Each side has a key of its own, and counts: the nonce of a message is its
 * number, so that a message opens at its own place alone.
 */
import { deriveBytes, open, seal, SEAL_BYTES } from '#platform/sealing';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Wire } from './wire.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;

export interface Seals {
  seal(message: Uint8Array): Uint8Array;
  /** @throws bad_signature: the other side did not seal it, or not as the next one */
  open(sealed: Uint8Array): Uint8Array;
}

export interface SealsOptions {
  /** What both sides agreed on: 32 bytes. */
  readonly secret: Uint8Array;
  /** Fresh to this wire, and the same on both sides, as is `context`: everything that both have signed. */
  readonly salt: Uint8Array;
  readonly context: Uint8Array;
  /** One side is the first, the other the second. */
  readonly role: 'first' | 'second';
}

export function createSeals({ secret, salt, context, role }: SealsOptions): Seals {
  const keys = deriveBytes(secret, salt, context, 2 * KEY_BYTES);
  const [first, second] = [keys.subarray(0, KEY_BYTES), keys.subarray(KEY_BYTES)];
  const [ours, theirs] = role === 'first' ? [first, second] : [second, first];
  const sent = createNonces();
  const received = createNonces();
  return {
    seal: (message) => seal(ours, sent.next(), message),
    open(sealed) {
      const message = open(theirs, received.next(), sealed);
      if (message === null) throw new MurmurError('bad_signature', 'a message that the other side did not seal, or that stands in another place than it sent it in');
      return message;
    },
  };
}

/** 0, 1, 2, …: eight bytes, little-endian, behind four zeros. */
function createNonces(): { next(): Uint8Array } {
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  let count = 0n;
  return {
    next() {
      view.setBigUint64(4, count++, true);
      return nonce;
    },
  };
}

/** @param binding what both ends know of this wire and have signed */
export function createSealedWire(wire: Wire, seals: Seals, binding: string): Wire {
  const maxMessageBytes = wire.maxMessageBytes - SEAL_BYTES;
  return {
    kind: wire.kind,
    binding,
    maxMessageBytes,
    get bufferedAmount() {
      return wire.bufferedAmount;
    },
    get closed() {
      return wire.closed;
    },
    send(message) {
      if (message.byteLength > maxMessageBytes) throw new MurmurError('too_large', `a message of ${message.byteLength} bytes; at most ${maxMessageBytes} are sent`);
      wire.send(seals.seal(message));
    },
    onDrained: (lowWaterBytes, handler) => wire.onDrained(lowWaterBytes, handler),
    onMessage(handler) {
      wire.onMessage(handler === null ? null : (sealed) => {
        let message: Uint8Array;
        try {
          message = seals.open(sealed);
        } catch (thrown) {
          const error = toMurmurError(thrown);
          return wire.close(`${error.code}: ${error.message}`);
        }
        handler(message);
      });
    },
    onClose: (handler) => wire.onClose(handler),
    close: (reason) => wire.close(reason),
  };
}
