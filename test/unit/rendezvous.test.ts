import { describe, expect, it } from 'vitest';
import { generateKeyPair, sign } from '#platform/crypto';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { MurmurError } from '../../shared/errors.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { encodeSketch } from '../../shared/gossip/sketch.ts';
import type { PeersElsewhere } from '../../shared/gossip/rendezvous-house.ts';
import { issueVoucher, verifyVoucher } from '../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { asEdgeId, asTaskId, type EdgeId } from '../../shared/ids.ts';
import { LONGEST_SIGNAL, MOST_RELAYED_BYTES, PEER_PROTOCOL, peerChallengeText, type PeerStatus } from '../../shared/protocol/peer-messages.ts';
import { createRendezvousWorld, LINE, LINE_TASK } from '../helpers/rendezvous-house.ts';
import { thrownBy } from '../helpers/thrown.ts';

const never = new AbortController().signal;
const NOBODY = asEdgeId(`e${'0'.repeat(20)}`);
const STATUS: PeerStatus = { round: 3, accuracy: 0.5, loss: 1, trainLoss: 2, neighbours: [{ peer: NOBODY, kind: 'webrtc' }], merged: [NOBODY], sketch: encodeSketch(new Float32Array(64)) };

describe('who knocks at a rendezvous', () => {
  it('is refused with a code for a wrong version, signature, token, task or message, and changes nothing', async () => {
    const world = createRendezvousWorld({ house: { admission: 'token', admit: async ({ token }) => {
      if (token !== 'secret') throw new MurmurError('bad_token', 'wrong token');
    } } });
    const code = async (promise: Promise<unknown>): Promise<string> => (await thrownBy(() => world.settled(promise))).code;
    const link = world.link();
    const keys = generateKeyPair();
    const proof = (challenge: string, pair = keys) => ({ publicKey: toHex(keys.publicKey), signature: toHex(sign(peerChallengeText(challenge), pair.secretKey)), name: 'x' });
    expect(await code(link.request('authenticate', proof('')))).toBe('not_authenticated');
    expect(await code(link.request('tasks', {}))).toBe('not_authenticated');
    expect(await code(link.request('hello', { protocol: { major: 9, minor: 0 }, software: 'x' }))).toBe('unsupported_version');
    const { challenge, admission } = await world.settled(link.request('hello', { protocol: { ...PEER_PROTOCOL }, software: 'x' }));
    expect(admission).toBe('token');
    expect(await code(link.request('authenticate', proof(challenge, generateKeyPair())))).toBe('bad_signature');
    expect(await code(link.request('authenticate', proof('another challenge')))).toBe('bad_signature');
    expect(await code(link.request('authenticate', proof(challenge)))).toBe('bad_token');
    expect(await code(link.request('join', { task: LINE }))).toBe('not_authenticated');
    expect(await world.settled(link.request('authenticate', { ...proof(challenge), token: 'secret' }))).toMatchObject({ peer: edgeIdOf(keys.publicKey) });
    expect(await code(link.request('signal', { to: NOBODY, signal: 1 }))).toBe('conflict');
    expect(await code(link.request('join', { task: asTaskId('other') }))).toBe('not_found');
    expect(await code(link.request('join', { task: asTaskId('no name') }))).toBe('bad_message');
    expect(await code(link.request('__proto__' as 'tasks', {}))).toBe('bad_message');
    expect(await code(link.request('status', { ...STATUS, accuracy: 2 }))).toBe('bad_message');
    expect(await code(link.request('status', { ...STATUS, sketch: new Uint8Array(3) }))).toBe('bad_message');
    expect(world.rendezvous.peersOf(LINE)).toEqual([]);
    expect(world.changes).toEqual([]);
  });

  it('is cut off when it floods', async () => {
    const world = createRendezvousWorld({ limits: { requestsPerSecond: 10, requestsAtOnce: 20 } });
    const link = world.link();
    const codes = new Map<string, number>();
    const ask = (count: number) => world.settled(Promise.all(Array.from({ length: count }, () => link.request('tasks', {}).catch((error: MurmurError) => codes.set(error.code, (codes.get(error.code) ?? 0) + 1)))));
    await ask(100);
    expect(Object.fromEntries(codes)).toEqual({ not_authenticated: 20, unavailable: 80 });
    expect(link.closed).toBe(false);
    await ask(1000);
    expect(link.closed).toBe(true);
  });
});

describe('who is let in', () => {
  it('gets the task, a voucher for its key, and a few peers, at random and never itself', async () => {
    const world = createRendezvousWorld({ limits: { introductions: 3 } });
    const introduced: (readonly EdgeId[])[] = [];
    const ids: EdgeId[] = [];
    for (let i = 0; i < 20; i++) {
      const client = world.client();
      const { peers, task, swarm, root, voucher, ...introduction } = await world.settled(client.join(LINE, never));
      expect(task).toEqual(LINE_TASK);
      expect(swarm).toBe(swarmOf(LINE_TASK));
      verifyVoucher(voucher, { swarm, root, publicKey: client.keys.publicKey, now: world.clock.now() });
      expect(peers).toHaveLength(Math.min(i, 3));
      expect(peers.filter((peer) => !ids.includes(peer))).toEqual([]);
      expect(introduction.status).toBeDefined();
      introduced.push(peers);
      ids.push(client.id);
    }
    expect(world.rendezvous.peersOf(LINE).map(({ peer }) => peer)).toEqual(ids);
    expect(new Set(introduced.flat()).size).toBeGreaterThan(10);
  });

  it('connects anew: the last connection counts, and nothing is kept of the one before', async () => {
    const world = createRendezvousWorld();
    const client = world.client();
    const first = await world.settled(client.join(LINE, never));
    const second = await world.settled(client.join(LINE, never));
    expect([first.closed, second.closed]).toEqual([true, false]);
    expect(world.rendezvous.peersOf(LINE)).toHaveLength(1);
    await world.settled(second.leave());
    expect(world.rendezvous.peersOf(LINE)).toEqual([]);
    expect(world.rendezvous.has(client.id)).toBe(false);
  });

  it('is expelled when it may not be here any more', async () => {
    const world = createRendezvousWorld();
    const client = world.client();
    const introduction = await world.settled(client.join(LINE, never));
    world.rendezvous.expel(client.id, 'revoked');
    expect(introduction.closed).toBe(true);
    expect(world.rendezvous.peersOf(LINE)).toEqual([]);
  });
});

async function couple(world = createRendezvousWorld()) {
  const [ada, bob] = [world.client(), world.client()];
  const [a, b] = [await world.settled(ada.join(LINE, never)), await world.settled(bob.join(LINE, never))];
  return { world, ada, bob, a, b, code: async (promise: Promise<unknown>) => (await thrownBy(() => world.settled(promise))).code };
}

describe('what peers send each other', () => {
  it('signals arrive in order, also before their receiver listens; long ones and those to strangers are refused', async () => {
    const { world, ada, bob, a, b, code } = await couple();
    await world.settled(a.signal(bob.id, { offer: 1 }));
    await world.settled(a.signal(bob.id, [2]));
    const heard: unknown[] = [];
    b.onSignal((from, signal) => heard.push([from, signal]));
    await world.settled(a.signal(bob.id, null));
    expect(heard).toEqual([[ada.id, { offer: 1 }], [ada.id, [2]], [ada.id, null]]);
    expect(await code(a.signal(NOBODY, 1))).toBe('not_found');
    expect(await code(a.signal(bob.id, 'x'.repeat(LONGEST_SIGNAL)))).toBe('too_large');
    expect(await code(a.signal(bob.id, undefined))).toBe('bad_message');
  });

  it('bytes are relayed one piece at a time, and wait for their receiver', async () => {
    const { world, ada, bob, a, b, code } = await couple();
    const heard: [EdgeId, number][] = [];
    b.onRelayed((from, bytes) => heard.push([from, bytes[0]]));
    // The client keeps the order by itself.
    await world.settled(Promise.all([1, 2, 3].map((byte) => a.relay(bob.id, Uint8Array.of(byte)))));
    expect(heard).toEqual([[ada.id, 1], [ada.id, 2], [ada.id, 3]]);
    expect(await code(a.relay(bob.id, new Uint8Array(MOST_RELAYED_BYTES + 1)))).toBe('too_large');
    expect(await code(a.relay(NOBODY, Uint8Array.of(1)))).toBe('not_found');
    expect(world.rendezvous.relayedBytes).toBe(3);
  });

  it('who does not wait for the acknowledgement is refused, whatever goes on at the receiver', async () => {
    const world = createRendezvousWorld();
    const ada = world.client({ connect: async () => (raw = world.link()) });
    let raw = world.link();
    const bob = world.client();
    await world.settled(ada.join(LINE, never));
    await world.settled(bob.join(LINE, never));
    const outcomes = await world.settled(Promise.allSettled([1, 2].map((byte) => raw.request('relay', { to: bob.id, bytes: Uint8Array.of(byte) }))));
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'taken' : (outcome.reason as MurmurError).code))).toEqual(['taken', 'conflict']);
  });

  it('the rate of what is relayed is bounded: pieces beyond it wait', async () => {
    const { world, bob, a, b } = await couple(createRendezvousWorld({ limits: { relay: { bytesPerSecond: 1000, receivers: 4, senders: 4 } } }));
    b.onRelayed(() => undefined);
    const since = world.clock.now();
    for (let i = 0; i < 4; i++) await world.settled(a.relay(bob.id, new Uint8Array(1000)));
    // The first thousand were there for the taking.
    expect(world.clock.now() - since).toBeGreaterThanOrEqual(3000);
  });

  it('a piece to a peer that goes away meanwhile fails at once, and leaves nothing behind', async () => {
    const { world, bob, a, code } = await couple();
    const sent = code(a.relay(bob.id, Uint8Array.of(1)));
    world.clock.after(1.5, () => world.rendezvous.expel(bob.id, 'gone'));
    expect(await sent).toBe('not_found');
    expect(await code(a.relay(bob.id, Uint8Array.of(1)))).toBe('not_found');
  });
});

describe('what peers say of themselves', () => {
  it('is listened to once a second', async () => {
    const { world, ada, a } = await couple();
    await world.settled(a.status?.(STATUS) ?? Promise.reject(new Error('nobody looks on')));
    await world.settled(a.status?.({ ...STATUS, round: 4 }) ?? Promise.resolve());
    const told = () => world.rendezvous.peersOf(LINE).find(({ peer }) => peer === ada.id)?.status?.round;
    expect(told()).toBe(3);
    await world.clock.runUntil(() => world.clock.now() >= 2000).catch(() => undefined);
    expect(told()).toBe(3);
  });

  it('is not asked for where nobody looks on', async () => {
    const { a } = await couple(createRendezvousWorld({ looksOn: false }));
    expect(a.status).toBeUndefined();
  });
});

describe('a listening peer introduces those that it knows otherwise', () => {
  it('and passes signals and bytes both ways', async () => {
    const far = asEdgeId(`e${'1'.repeat(20)}`);
    const passed: unknown[] = [];
    const hosted: Parameters<PeersElsewhere['host']>[1][] = [];
    const world = createRendezvousWorld({ house: { elsewhere: {
      somePeers: () => [far],
      host(guest, given) {
        hosted.push(given);
        return { signal: (to, signal) => void passed.push([guest, to, signal]), relay: (to, bytes) => void passed.push([guest, to, bytes.length]), leave: () => void passed.push('left') };
      },
    } } });
    const ada = world.client();
    const a = await world.settled(ada.join(LINE, never));
    expect(a.peers).toEqual([far]);
    await world.settled(a.signal(far, 'offer'));
    await world.settled(a.relay(far, Uint8Array.of(1, 2)));
    expect(passed).toEqual([[ada.id, far, 'offer'], [ada.id, far, 2]]);
    const heard: unknown[] = [];
    a.onSignal((from, signal) => heard.push([from, signal]));
    a.onRelayed((from, bytes) => heard.push([from, [...bytes]]));
    const [given] = hosted;
    given.onSignal(far, 'answer');
    await world.settled(given.onRelayed(far, Uint8Array.of(3)));
    expect(heard).toEqual([[far, 'answer'], [far, [3]]]);
    await world.settled(a.leave());
    expect(passed.at(-1)).toBe('left');
  });
});

it('a swarm is named by its task, in whatever order its parts are written', () => {
  expect(swarmOf(JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(LINE_TASK).reverse()))) as typeof LINE_TASK)).toBe(swarmOf(LINE_TASK));
  expect(swarmOf({ ...LINE_TASK, description: 'another' })).not.toBe(swarmOf(LINE_TASK));
});

describe('a voucher', () => {
  it('is given anew over the same connection, lasts longer, and is looked at like the first', async () => {
    const world = createRendezvousWorld();
    const peer = world.client();
    const introduction = await world.settled(peer.join(LINE, never));
    const later = world.clock.now() + 400_000;
    world.clock.after(400_000, () => undefined);
    await world.clock.runUntil(() => world.clock.now() >= later);
    const renewed = await world.settled(introduction.renew?.() ?? Promise.reject(new Error('no other is given')));
    expect(renewed[0].expires - introduction.voucher[0].expires).toBeGreaterThanOrEqual(400_000);
    expect(() => verifyVoucher(renewed, { swarm: introduction.swarm, root: introduction.root, publicKey: peer.keys.publicKey, now: introduction.voucher[0].expires })).not.toThrow();
    await world.settled(introduction.leave());
  });

  it('of a rendezvous that signs with another key is not taken', async () => {
    const stranger = generateKeyPair();
    let signer: typeof stranger | null = null;
    const root = generateKeyPair();
    const world = createRendezvousWorld({ house: { terms: async () => ({ task: LINE_TASK, swarm: swarmOf(LINE_TASK), root: toHex(root.publicKey), vouch: (publicKey) => issueVoucher({ swarm: swarmOf(LINE_TASK), publicKey: fromHex(publicKey), expires: 10_000_000, issuer: signer ?? root, chain: null }) }) } });
    const introduction = await world.settled(world.client().join(LINE, never));
    signer = stranger;
    expect((await thrownBy(() => world.settled(introduction.renew?.() ?? Promise.resolve([])))).code).toBe('not_authenticated');
  });
});
