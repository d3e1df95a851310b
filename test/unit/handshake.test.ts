/** Peers that meet prove their keys, or do not meet. */
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { HANDSHAKE_MS, shakeHands, type Acquaintance, type HandshakeOptions } from '../../client/gossip/handshake.ts';
import type { Wire } from '../../client/gossip/wire.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { issueVoucher } from '../../shared/gossip/voucher.ts';
import { toHex } from '../../shared/hex.ts';
import { asDigest, asEdgeId } from '../../shared/ids.ts';
import { createVirtualWires } from '../../simulations/network/virtual-wires.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';

const SWARM = asDigest('a'.repeat(64));
const root = generateKeyPair();
const [alice, bob, mallory] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
const DAY = 86_400_000;
const vouched = (one: { publicKey: Uint8Array }, swarm = SWARM, expires = DAY) => issueVoucher({ swarm, publicKey: one.publicKey, expires, issuer: root, chain: null });

function meeting(line = { latencyMs: () => 10, bytesPerMs: () => 1000 }) {
  const clock = createVirtualClock(1000);
  const wires = createVirtualWires({ clock, line });
  const options = (identity: typeof alice, more: Partial<HandshakeOptions> = {}): HandshakeOptions => ({ identity, swarm: SWARM, root: toHex(root.publicKey), voucher: vouched(identity), expected: null, clock, ...more });
  return { clock, ...wires, options, settle: <T>(promise: Promise<T>) => settledIn(clock, promise) };
}

/** What both sides come to: an id, or the code of a refusal. */
async function outcomes(near: Partial<HandshakeOptions>, far: Partial<HandshakeOptions>, change: (wire: Wire) => Wire = (wire) => wire): Promise<readonly string[]> {
  const { near: one, far: other, options, settle } = meeting();
  const told = (shaking: Promise<Acquaintance>): Promise<string> => shaking.then(({ peer }) => peer, (error: { code: string }) => error.code);
  const both = await settle(Promise.all([told(shakeHands(change(one), options(alice, near))), told(shakeHands(other, options(bob, far)))]));
  if (both.some((outcome) => !outcome.startsWith('e'))) await settle(Promise.all([one, other].map((wire) => new Promise((resolve) => wire.onClose(resolve)))));
  return both;
}

/** Lets one side's messages be others. */
const tampering = (how: (said: Record<string, unknown>) => unknown) => (wire: Wire): Wire => ({
  ...wire,
  get closed() {
    return wire.closed;
  },
  send(message) {
    const said = how(JSON.parse(new TextDecoder().decode(message)) as Record<string, unknown>);
    wire.send(said instanceof Uint8Array ? said : new TextEncoder().encode(JSON.stringify(said)));
  },
});

describe('a handshake', () => {
  it('makes two peers known to each other, and leaves what follows on the wire', async () => {
    const { near, far, options, settle } = meeting();
    const [atNear, atFar] = await settle(Promise.all([shakeHands(near, options(alice)).then((met) => (near.send(Uint8Array.of(7)), met)), shakeHands(far, options(bob, { expected: edgeIdOf(alice.publicKey) }))]));
    expect([atNear.peer, atFar.peer]).toEqual([edgeIdOf(bob.publicKey), edgeIdOf(alice.publicKey)]);
    expect(atFar.voucher).toEqual(vouched(alice));
    expect([...(await settle(new Promise<Uint8Array>((resolve) => far.onMessage(resolve))))]).toEqual([7]);
    expect([near.closed, far.closed]).toEqual([false, false]);
  });

  it('lets anybody with a key into an open swarm', async () => {
    expect(await outcomes({ root: null, voucher: null }, { root: null, voucher: null })).toEqual([edgeIdOf(bob.publicKey), edgeIdOf(alice.publicKey)]);
  });

  it.each<[string, Partial<HandshakeOptions>, Partial<HandshakeOptions>, string]>([
    ['of another swarm', { swarm: asDigest('b'.repeat(64)) }, {}, 'wrong_task'],
    ['that is oneself', { identity: bob, voucher: vouched(bob) }, {}, 'conflict'],
    ['that is not the one expected', {}, { expected: asEdgeId(`e${'0'.repeat(20)}`) }, 'forbidden'],
    ['without a voucher', { voucher: null }, {}, 'not_authenticated'],
    ['with somebody else’s voucher', { voucher: vouched(mallory) }, {}, 'not_authenticated'],
    ['whose voucher has expired', { voucher: vouched(alice, SWARM, 500) }, {}, 'not_authenticated'],
    ['whose voucher is for another swarm', { voucher: vouched(alice, asDigest('c'.repeat(64))) }, {}, 'wrong_task'],
    ['that vouches for itself', { voucher: issueVoucher({ swarm: SWARM, publicKey: alice.publicKey, expires: DAY, issuer: alice, chain: null }) }, {}, 'not_authenticated'],
    ['that does not hold its key', { identity: { publicKey: alice.publicKey, secretKey: mallory.secretKey } }, {}, 'bad_signature'],
  ])('refuses a peer %s, on both sides with the same code', async (_, near, far, code) => {
    expect(await outcomes(near, far)).toEqual([code, code]);
  });

  it.each<[string, (said: Record<string, unknown>) => unknown, string]>([
    ['another version', (said) => (said['type'] === 'hello' ? { type: 'hello', version: 3, new: true } : said), 'unsupported_version'],
    ['no JSON', () => Uint8Array.of(123), 'bad_message'],
    ['bytes that are no text', () => Uint8Array.of(255, 254), 'bad_message'],
    ['something else', () => ({ type: 'welcome' }), 'bad_message'],
    ['more than is said', (said) => ({ ...said, extra: 1 }), 'bad_message'],
    ['too much', () => new Uint8Array(2 ** 14 + 1), 'too_large'],
    ['another nonce than it signed', (said) => (said['type'] === 'hello' ? { ...said, nonce: '0'.repeat(64) } : said), 'bad_signature'],
  ])('refuses %s', async (_, how, code) => {
    expect((await outcomes({}, {}, tampering(how)))[1]).toBe(code);
  });

  it('refuses a peer whose wire has another binding: somebody sits in the middle', async () => {
    expect(await outcomes({}, {}, (wire) => ({ ...wire, binding: 'another', get closed() { return wire.closed; } }))).toEqual(['bad_signature', 'bad_signature']);
  });

  it('refuses what was recorded on another wire', async () => {
    const recorded: Uint8Array[] = [];
    const first = meeting();
    const recording: Wire = { ...first.near, send: (message) => (recorded.push(message.slice()), first.near.send(message)) };
    await first.settle(Promise.all([shakeHands(recording, first.options(alice)), shakeHands(first.far, first.options(bob))]));
    const { near, far, options, settle } = meeting();
    const shaking = shakeHands(far, options(bob));
    near.onMessage(() => undefined);
    for (const message of recorded) near.send(message);
    await expect(settle(shaking)).rejects.toMatchObject({ code: 'bad_signature' });
  });

  it('refuses its own words sent back', async () => {
    const { near, far, options, settle } = meeting();
    const shaking = shakeHands(far, options(bob));
    near.onMessage((message) => near.closed || near.send(message));
    await expect(settle(shaking)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('ends by its time-out, by its signal and with its wire', async () => {
    const silent = meeting();
    const waiting = shakeHands(silent.near, silent.options(alice));
    await expect(silent.settle(waiting)).rejects.toMatchObject({ code: 'timeout' });
    expect(silent.clock.now()).toBe(1000 + HANDSHAKE_MS);

    const stopped = meeting();
    const stopper = new AbortController();
    const shaking = shakeHands(stopped.near, stopped.options(alice, { signal: stopper.signal }));
    stopper.abort();
    await expect(shaking).rejects.toMatchObject({ code: 'aborted' });
    expect(stopped.near.closed).toBe(true);

    const broken = meeting();
    const breaking = shakeHands(broken.near, broken.options(alice));
    broken.break('cut');
    await expect(breaking).rejects.toMatchObject({ code: 'disconnected' });
    expect(broken.clock.pending).toBe(0);
  });
});
