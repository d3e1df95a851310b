/** Wires that somebody else carries: what a relay sees of them, and what comes of its changing, repeating, dropping or reordering it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { createChannel } from '../../client/gossip/channel.ts';
import { HANDSHAKE_MS, shakeHands, type HandshakeOptions } from '../../client/gossip/handshake.ts';
import type { Wire } from '../../client/gossip/wire.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { asDigest } from '../../shared/ids.ts';
import { createVirtualWires } from '../../simulations/network/virtual-wires.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';

const [alice, bob, mallory] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
const line = { latencyMs: () => 10, bytesPerMs: () => 1000 };

type Side = 'alice' | 'bob';
/** What a relay makes of the message number `index` that came from a side: what goes on to the other one, and back to it. */
type Relaying = (message: Uint8Array, index: number, from: Side) => { readonly on?: readonly Uint8Array[]; readonly back?: readonly Uint8Array[] };

const faithful: Relaying = (message) => ({ on: [message] });
/** In a handshake each side says hello, proof and welcome; the last of them is sealed. */
const HANDSHAKE_MESSAGES = 3;

/** Alice and Bob, and a relay between them. */
function meeting(relaying: Relaying = faithful) {
  const clock = createVirtualClock(1000);
  const [left, right] = [0, 1].map(() => createVirtualWires({ clock, line, binding: '' }));
  /** All that the relay saw. */
  const seen: { readonly from: Side; readonly message: Uint8Array }[] = [];
  const connect = (here: Wire, there: Wire, from: Side): void => {
    let index = 0;
    here.onMessage((message) => {
      seen.push({ from, message: message.slice() });
      const { on = [], back = [] } = relaying(message, index++, from);
      for (const one of on) if (!there.closed) there.send(one);
      for (const one of back) if (!here.closed) here.send(one);
    });
    here.onClose((reason) => there.close(reason));
  };
  connect(left.far, right.far, 'alice');
  connect(right.far, left.far, 'bob');
  const options = (identity: typeof alice): HandshakeOptions => ({ identity, swarm: asDigest('a'.repeat(64)), root: null, voucher: null, expected: null, clock });
  const shaking = Promise.all([shakeHands(left.near, options(alice)), shakeHands(right.near, options(bob))]);
  return { clock, seen, ends: [left.near, right.near] as const, settle: <T>(promise: Promise<T>) => settledIn(clock, promise), shaking };
}

async function met(relaying?: Relaying) {
  const meeting_ = meeting(relaying);
  const [atAlice, atBob] = await meeting_.settle(meeting_.shaking);
  const come: number[][] = [];
  atBob.wire.onMessage((message) => come.push([...message]));
  const ended = { alice: null as string | null, bob: null as string | null };
  atAlice.wire.onClose((reason) => (ended.alice = reason));
  atBob.wire.onClose((reason) => (ended.bob = reason));
  return { ...meeting_, atAlice, atBob, come, ended };
}

const changed = (message: Uint8Array, at: number): Uint8Array => message.map((byte, i) => (i === at % message.length ? byte ^ 1 : byte));

describe('a wire through a relay', () => {
  it('is sealed with keys that both sides signed, and carries what they say', async () => {
    const { atAlice, atBob, come, clock, ended } = await met();
    expect([atAlice.peer, atBob.peer]).toEqual([edgeIdOf(bob.publicKey), edgeIdOf(alice.publicKey)]);
    expect(atAlice.wire.binding).toMatch(/^x25519 [0-9a-f]{64} [0-9a-f]{64}$/);
    expect(atBob.wire.binding).toBe(atAlice.wire.binding);
    for (const message of [[1, 2], [], [3]]) atAlice.wire.send(Uint8Array.from(message));
    await clock.runUntil(() => come.length === 3);
    expect(come).toEqual([[1, 2], [], [3]]);
    expect(ended).toEqual({ alice: null, bob: null });
  });

  it('takes messages of as many bytes as it says, and no more', async () => {
    const { atAlice, atBob, clock, ends } = await met();
    const longest = atAlice.wire.maxMessageBytes;
    expect(longest).toBe(ends[0].maxMessageBytes - 16);
    let came: Uint8Array | null = null;
    atBob.wire.onMessage((message) => (came = message));
    expect(() => atAlice.wire.send(new Uint8Array(longest + 1))).toThrow(expect.objectContaining({ code: 'too_large' }));
    atAlice.wire.send(new Uint8Array(longest).fill(5));
    await clock.runUntil(() => came !== null);
    expect(came).toEqual(new Uint8Array(longest).fill(5));
  });

  it('shows the relay none of what is said, nor that the same is said again', async () => {
    const { atAlice, come, clock, seen } = await met();
    const text = new TextEncoder().encode('what nobody else is to read, said twice');
    for (let i = 0; i < 2; i++) atAlice.wire.send(text);
    await clock.runUntil(() => come.length === 2);
    const [one, other] = seen.filter(({ from }) => from === 'alice').slice(HANDSHAKE_MESSAGES).map(({ message }) => Buffer.from(message));
    expect(one.byteLength).toBe(text.byteLength + 16);
    expect(one.equals(other)).toBe(false);
    const said = Buffer.from(text);
    // Not four bytes in a row of it, anywhere.
    for (let i = 0; i + 4 <= said.length; i++) for (const message of [one, other]) expect(message.includes(said.subarray(i, i + 4))).toBe(false);
    // The word that ends a handshake is sealed, too.
    expect(seen.some(({ message }) => Buffer.from(message).includes('welcome'))).toBe(false);
  });

  it.each<[string, (sent: readonly Uint8Array[], recorded: readonly Uint8Array[]) => readonly (Uint8Array | undefined)[], number]>([
    ['changes the first byte of a message', ([a, b, c]) => [a, changed(b, 0), c], 1],
    ['changes the last byte of a message', ([a, b, c]) => [a, changed(b, b.length - 1), c], 1],
    ['cuts a message short', ([a, b, c]) => [a, b.subarray(0, -1), c], 1],
    ['adds to a message', ([a, b, c]) => [a, Uint8Array.of(...b, 0), c], 1],
    ['repeats a message', ([a, b, c]) => [a, a, b, c], 1],
    ['drops a message', ([a, , c]) => [a, c], 1],
    ['drops the first message', ([, b, c]) => [b, c], 0],
    ['sends messages in another order', ([a, b, c]) => [b, a, c], 0],
    ['puts in a message of its own', ([a, b, c]) => [a, new Uint8Array(40), b, c], 1],
    ['puts in what the other side said', ([a, b, c], [theirs]) => [a, theirs, b, c], 1],
    ['puts in nothing', ([a, b, c]) => [a, new Uint8Array(0), b, c], 1],
  ])('ends where the relay %s', async (_, tamper, whole) => {
    const held: Uint8Array[] = [];
    const fromBob: Uint8Array[] = [];
    const { atAlice, atBob, come, ended, clock } = await met((message, index, from) => {
      if (index < HANDSHAKE_MESSAGES) return { on: [message] };
      if (from === 'bob') {
        fromBob.push(message);
        return {};
      }
      held.push(message);
      return held.length < 3 ? {} : { on: tamper(held, fromBob).flatMap((one) => one ?? []) };
    });
    atBob.wire.send(Uint8Array.of(77));
    await clock.runUntil(() => fromBob.length === 1);
    for (const message of [1, 2, 3]) atAlice.wire.send(Uint8Array.of(message));
    await clock.runUntil(() => ended.alice !== null && ended.bob !== null);
    expect(come).toEqual([[1], [2], [3]].slice(0, whole));
    expect(ended.bob).toMatch(/^bad_signature: a message that the other side did not seal/);
    expect(ended.alice).toBe(ended.bob);
  });

  it('ends where the relay sends a side its own words back', async () => {
    const { atAlice, ended, clock } = await met((message, index) => (index < HANDSHAKE_MESSAGES ? { on: [message] } : { back: [message] }));
    const heard: Uint8Array[] = [];
    atAlice.wire.onMessage((message) => heard.push(message));
    atAlice.wire.send(Uint8Array.of(1));
    await clock.runUntil(() => ended.alice !== null);
    expect(ended.alice).toMatch(/^bad_signature: /);
    expect(heard).toEqual([]);
  });

  it('ends where the relay plays what the same two said over another wire', async () => {
    const first = await met();
    first.atAlice.wire.send(Uint8Array.of(1));
    await first.clock.runUntil(() => first.come.length === 1);
    const recorded = first.seen.filter(({ from }) => from === 'alice')[HANDSHAKE_MESSAGES].message;
    const second = await met((message, index, from) => ({ on: [from === 'alice' && index === HANDSHAKE_MESSAGES ? recorded : message] }));
    second.atAlice.wire.send(Uint8Array.of(1));
    await second.clock.runUntil(() => second.ended.bob !== null);
    expect([second.come, second.ended.bob?.split(':')[0]]).toEqual([[], 'bad_signature']);
  });

  it('gives a reader the beginning of what was said, to the byte, or all of it, whatever the relay does', async () => {
    const action = fc.constantFrom('pass', 'pass', 'pass', 'change', 'drop', 'repeat', 'hold');
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 8 }), fc.nat(), async (actions, at) => {
      let held: Uint8Array[] = [];
      const { atAlice, come, ended, clock } = await met((message, index, from) => {
        const action_ = index < HANDSHAKE_MESSAGES || from === 'bob' ? 'pass' : actions[index - HANDSHAKE_MESSAGES] ?? 'pass';
        if (action_ === 'drop') return {};
        if (action_ === 'hold') {
          held.push(message);
          return {};
        }
        const later = held;
        held = [];
        return { on: [action_ === 'change' ? changed(message, at) : message, ...(action_ === 'repeat' ? [message] : []), ...later] };
      });
      // One more than is tampered with, which is passed on: it shows what is missing.
      const sent = [...actions, 'pass'].map((_, i) => [i, i * i % 251]);
      for (const message of sent) atAlice.wire.send(Uint8Array.from(message));
      await clock.runUntil(() => false);
      expect(come).toEqual(sent.slice(0, come.length));
      const first = actions.findIndex((one) => one !== 'pass');
      expect(come.length).toBe(first < 0 ? sent.length : actions[first] === 'repeat' ? first + 1 : first);
      expect(ended.bob === null).toBe(first < 0);
      if (ended.bob !== null) expect(ended.bob).toMatch(/^bad_signature: /);
    }), { numRuns: 60 });
  });

  it('takes a channel with it: of a frame that a relay spoils nothing is kept, and who sent it is told', async () => {
    const { atAlice, atBob, clock, settle } = await met((message, index, from) => ({ on: [from === 'alice' && index === HANDSHAKE_MESSAGES + 2 ? changed(message, 9) : message] }));
    const [near, far] = [createChannel(atAlice.wire, { clock }), createChannel(atBob.wire, { clock })];
    const whole: number[] = [];
    far.onFrame((frame) => whole.push(frame.byteLength));
    const closed = Promise.all([near, far].map((channel) => new Promise<string>((resolve) => channel.onClose(resolve))));
    await near.send(new Uint8Array(10));
    // It takes more than the wire holds at once, so that some of it waits when the wire ends.
    const sending = expect(near.send(new Uint8Array(8 * 2 ** 20))).rejects.toMatchObject({ code: 'disconnected' });
    for (const reason of await settle(closed)) expect(reason).toMatch(/^bad_signature: /);
    await settle(sending);
    expect([whole, far.heldBytes]).toEqual([[10], 0]);
  });
});

describe('a handshake through a relay', () => {
  /** Changes what a side says in the clear. */
  const rewriting = (of: Side, how: (said: Record<string, unknown>) => Record<string, unknown>): Relaying => (message, index, from) => {
    if (from !== of || index >= 2) return { on: [message] };
    return { on: [new TextEncoder().encode(JSON.stringify(how(JSON.parse(new TextDecoder().decode(message)) as Record<string, unknown>)))] };
  };
  const outcomes = async (relaying: Relaying): Promise<readonly string[]> => {
    const { clock, ends, shaking, settle } = meeting(relaying);
    shaking.catch(() => undefined);
    const reasons = await settle(Promise.all(ends.map((end) => new Promise<string>((resolve) => end.onClose(resolve)))));
    await expect(shaking).rejects.toBeInstanceOf(Error);
    // Nothing waits for a time-out.
    await clock.runUntil(() => false);
    expect(clock.now()).toBeLessThan(1000 + HANDSHAKE_MS);
    return reasons.map((reason) => reason.split(':')[0]);
  };

  it.each<[string, Record<string, unknown>, string]>([
    ['a key of its own in place of a side’s', { agreement: '09'.padEnd(64, '0') }, 'bad_signature'],
    ['a key that keeps no secret', { agreement: '0'.repeat(64) }, 'bad_message'],
    ['no key', { agreement: null }, 'bad_message'],
    ['its own identity in place of a side’s', { publicKey: Buffer.from(mallory.publicKey).toString('hex') }, 'bad_signature'],
  ])('ends where it puts in %s', async (_, instead, code) => {
    expect(await outcomes(rewriting('alice', (said) => (said['type'] === 'hello' ? { ...said, ...instead } : said)))).toEqual([code, code]);
  });

  it('ends where the last word is changed, or one of the relay’s own', async () => {
    for (const spoil of [(message: Uint8Array) => changed(message, 3), () => new TextEncoder().encode(JSON.stringify({ type: 'welcome' }))]) {
      expect(await outcomes((message, index, from) => ({ on: [from === 'alice' && index === 2 ? spoil(message) : message] }))).toEqual(['bad_signature', 'bad_signature']);
    }
  });

  it('agrees on other keys each time', async () => {
    const bindings = new Set<string>();
    for (let i = 0; i < 3; i++) bindings.add((await met()).atAlice.wire.binding);
    expect(bindings.size).toBe(3);
  });

  it('seals no wire that has a binding of its own', async () => {
    const clock = createVirtualClock(1000);
    const { near, far } = createVirtualWires({ clock, line });
    const options = (identity: typeof alice): HandshakeOptions => ({ identity, swarm: asDigest('a'.repeat(64)), root: null, voucher: null, expected: null, clock });
    const [one, other] = await settledIn(clock, Promise.all([shakeHands(near, options(alice)), shakeHands(far, options(bob))]));
    expect([one.wire, other.wire]).toEqual([near, far]);
    expect(one.wire).toBe(near);
  });
});
