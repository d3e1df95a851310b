/**
 * The first words on a fresh wire: each side proves that it holds its key and shows who vouches for it. Whoever carries
 * signals or relays bytes sees all of it and gains nothing: the proof is over both nonces, both keys and the wire itself.
 *
 *     hello    version, swarm, public key, nonce, voucher, agreement   both sides, at once
 *     proof    signature over what both hellos say                     each after the other's hello
 *     welcome                                                          each after the other's proof
 *     refused  code and message, and the wire is closed                in place of any
 *
 * A wire that has no binding is carried by somebody else. There each side's hello brings a fresh X25519 key, which its proof
 * signs with the rest; whatever a side sends behind its proof is sealed with what the two keys agree on. Those keys are
 * forgotten with the handshake: who learns a peer's own key later can open nothing that was recorded.
 */
import { z } from 'zod';
import { randomBytes, sign, verify } from '#platform/crypto';
import { agree, agreementKeyOf } from '#platform/sealing';
import type { Clock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { fromErrorBody, MurmurError, toErrorBody, toMurmurError } from '../../shared/errors.ts';
import { verifyVoucher, Voucher } from '../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { DIGEST_PATTERN, type Digest, type EdgeId } from '../../shared/ids.ts';
import { parserOf, type Parser } from '../../shared/protocol/as-it-is.ts';
import { createSealedWire, createSeals, type Seals } from './sealed-wire.ts';
import type { Wire } from './wire.ts';

/** Of what peers say to each other. Peers of different versions do not meet. */
export const PEER_VERSION = 2;
export const HANDSHAKE_MS = 10_000;
/** Longest message of a handshake: the longest chain of vouchers takes a third of it. */
const MOST_BYTES = 2 ** 14;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
// Those of other versions may say more, or other things: all that is read of them is which they are.
const Versioned = z.object({ type: z.literal('hello'), version: z.int().nonnegative() });
const Hello = z.strictObject({
  type: z.literal('hello'),
  version: z.literal(PEER_VERSION),
  swarm: z.string().regex(DIGEST_PATTERN) as unknown as z.ZodType<Digest>,
  publicKey: hex(32),
  nonce: hex(32),
  voucher: Voucher.nullable(),
  /** The fresh key that a wire without a binding is sealed with; null where it has one. */
  agreement: hex(32).nullable(),
});
type Hello = z.output<typeof Hello>;
const Proof = z.strictObject({ type: z.literal('proof'), signature: hex(64) });
const Welcome = z.strictObject({ type: z.literal('welcome') });
const Refused = z.strictObject({ type: z.literal('refused'), code: z.string().max(64), message: z.string().max(1024) });

const versioned = parserOf(Versioned);
const hello = parserOf(Hello);
const proof = parserOf(Proof);
const welcome = parserOf(Welcome);
const refused = parserOf(Refused);

export interface HandshakeOptions {
  /** One's own Ed25519 pair, 32 bytes each. */
  readonly identity: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly swarm: Digest;
  /** The swarm's root key, hexadecimal; null: an open swarm, which lets in whoever holds a key. */
  readonly root: string | null;
  /** One's own. */
  readonly voucher: Voucher | null;
  /** Who should be at the other end; null: whoever it proves to be. */
  readonly expected: EdgeId | null;
  /** Its `now` is compared with the vouchers' expiry. */
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

export interface Acquaintance {
  readonly peer: EdgeId;
  readonly publicKey: Uint8Array;
  readonly voucher: Voucher | null;
  /** To go on with: the same one, or what seals it. */
  readonly wire: Wire;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** By their keys' order: both may have called, when they did so at the same time. */
const roleOf = (one: Hello, other: Hello): 'first' | 'second' => (one.publicKey < other.publicKey ? 'first' : 'second');

/** What a side signs. */
function signedBytes(signer: Hello, other: Hello, binding: string): Uint8Array {
  const role = roleOf(signer, other);
  return encoder.encode(['murmuration peer', PEER_VERSION, role, signer.swarm, signer.publicKey, signer.nonce, other.publicKey, other.nonce, binding].join('\n'));
}

/** A wire's own, or the keys that seal it: both sides sign them. */
function bindingOf(wire: Wire, one: Hello, other: Hello): string {
  if (wire.binding !== '') return wire.binding;
  const [first, second] = roleOf(one, other) === 'first' ? [one, other] : [other, one];
  return `x25519 ${first.agreement} ${second.agreement}`;
}

/** @throws bad_message: the other side's key keeps no secret */
function sealsOf(own: Hello, theirs: Hello, secretKey: Uint8Array, theirKey: string, binding: string): Seals {
  const secret = agree(secretKey, fromHex(theirKey));
  if (secret === null) throw new MurmurError('bad_message', 'the key that the other side sent to seal the wire with is none');
  const role = roleOf(own, theirs);
  const [first, second] = role === 'first' ? [own, theirs] : [theirs, own];
  const context = encoder.encode(['murmuration wire', PEER_VERSION, first.swarm, first.publicKey, second.publicKey, binding].join('\n'));
  return createSeals({ secret, salt: fromHex(first.nonce + second.nonce), context, role });
}

/**
 * Resolves when both sides know each other; what comes behind the other's last word is kept on the wire for its next reader.
 * @throws unsupported_version, wrong_task (another swarm), conflict (oneself), forbidden (not the one expected)
 * @throws not_authenticated, bad_signature: the other side could not prove who it is, or nobody vouches for it, or who carries the wire changed something
 * @throws bad_message, too_large, timeout, disconnected, aborted; what the other side refused with. The wire is then closed
 */
export function shakeHands(wire: Wire, { identity, swarm, root, voucher, expected, clock, signal }: HandshakeOptions): Promise<Acquaintance> {
  const secretKey = wire.binding === '' ? randomBytes(32) : null;
  const agreement = secretKey === null ? null : toHex(agreementKeyOf(secretKey));
  const own: Hello = { type: 'hello', version: PEER_VERSION, swarm, publicKey: toHex(identity.publicKey), nonce: toHex(randomBytes(32)), voucher, agreement };
  /** For what is sent behind one's own proof, and what comes behind the other's; null before, and where a wire needs none. */
  let seals: Seals | null = null;
  let binding = wire.binding;
  let theirs: Hello | null = null;
  let proven = false;

  return new Promise((resolve, reject) => {
    let over = false;
    const cancelTimeout = clock.after(HANDSHAKE_MS, () => fail(new MurmurError('timeout', `no handshake within ${HANDSHAKE_MS} ms`)));
    const onAbort = (): void => fail(new MurmurError('aborted', 'the handshake was given up', { cause: signal?.reason }));

    function settle(): boolean {
      if (over) return false;
      over = true;
      cancelTimeout();
      signal?.removeEventListener('abort', onAbort);
      wire.onMessage(null);
      return true;
    }

    function fail(error: MurmurError): void {
      if (!settle()) return;
      // Rejected first: that the wire closes is this side's doing, and says nothing.
      reject(error);
      const { code, message } = toErrorBody(error);
      if (!wire.closed && code !== 'aborted') trySend({ type: 'refused', code, message: message.slice(0, 1024) });
      wire.close(`${code}: ${message}`);
    }

    function send(message: object): void {
      const bytes = encoder.encode(JSON.stringify(message));
      wire.send(seals === null ? bytes : seals.seal(bytes));
    }

    function trySend(message: object): void {
      try {
        send(message);
      } catch {
        // It broke at that moment: nobody is there to be told.
      }
    }

    function greet(said: Hello): void {
      if (said.swarm !== swarm) throw new MurmurError('wrong_task', 'the other peer learns another task');
      if (said.publicKey === own.publicKey) throw new MurmurError('conflict', 'a peer cannot be its own neighbour');
      const publicKey = fromHex(said.publicKey);
      const id = edgeIdOf(publicKey);
      if (expected !== null && id !== expected) throw new MurmurError('forbidden', `${id} answers where ${expected} was called`);
      verifyVoucher(said.voucher, { swarm, publicKey, root, now: clock.now() });
      if ((said.agreement === null) !== (agreement === null)) throw new MurmurError('bad_message', 'one side would seal the wire, and the other not');
      binding = bindingOf(wire, own, said);
      const agreed = secretKey === null || said.agreement === null ? null : sealsOf(own, said, secretKey, said.agreement, binding);
      theirs = said;
      send({ type: 'proof', signature: toHex(sign(signedBytes(own, said, binding), identity.secretKey)) });
      seals = agreed;
    }

    function onMessage(bytes: Uint8Array): void {
      try {
        const said = readMessage(proven && seals !== null ? seals.open(bytes) : bytes);
        if (isRefusal(said)) {
          const { code, message } = parsed(refused, said);
          throw fromErrorBody({ code, message: `the other peer refuses: ${message}` });
        }
        if (theirs === null) {
          const { version } = parsed(versioned, said);
          if (version !== PEER_VERSION) throw new MurmurError('unsupported_version', `the other peer speaks version ${version}, this one ${PEER_VERSION}`);
          greet(parsed(hello, said));
        } else if (!proven) {
          const { signature } = parsed(proof, said);
          if (!verify(fromHex(signature), signedBytes(theirs, own, binding), fromHex(theirs.publicKey))) throw new MurmurError('bad_signature', 'the other peer does not hold its key, or the wire has somebody in its middle');
          proven = true;
          send({ type: 'welcome' });
        } else {
          parsed(welcome, said);
          const publicKey = fromHex(theirs.publicKey);
          if (settle()) resolve({ peer: edgeIdOf(publicKey), publicKey, voucher: theirs.voucher, wire: seals === null ? wire : createSealedWire(wire, seals, binding) });
        }
      } catch (thrown) {
        fail(toMurmurError(thrown, 'bad_message'));
      }
    }

    signal?.addEventListener('abort', onAbort, { once: true });
    wire.onClose((reason) => fail(new MurmurError('disconnected', `the wire closed during the handshake: ${reason}`)));
    if (signal?.aborted) onAbort();
    if (over) return;
    try {
      send(own);
    } catch (thrown) {
      return fail(toMurmurError(thrown, 'disconnected'));
    }
    wire.onMessage(onMessage);
  });
}

function readMessage(bytes: Uint8Array): unknown {
  if (bytes.byteLength > MOST_BYTES) throw new MurmurError('too_large', `a message of ${bytes.byteLength} bytes in a handshake; at most ${MOST_BYTES} are read`);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (thrown) {
    throw new MurmurError('bad_message', 'a message of the handshake is no JSON', { cause: thrown });
  }
}

const isRefusal = (said: unknown): boolean => typeof said === 'object' && said !== null && 'type' in said && said.type === 'refused';

function parsed<T>(parser: Parser<T>, said: unknown): T {
  const read = parser.safeParse(said);
  if (!read.success) throw new MurmurError('bad_message', 'a message of the handshake is not what is said at that point', { details: read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) });
  return read.data;
}
