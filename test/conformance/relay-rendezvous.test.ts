/** Wires through a coordinator's `/peer` over real sockets: signals and bytes go where those of live peers go. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import type { Introduction } from '../../client/gossip/introducer.ts';
import { createRelayTransport } from '../../client/gossip/relay-transport.ts';
import { createSocketIntroducer } from '../../client/gossip/socket-introducer.ts';
import type { Signalling } from '../../client/gossip/wire.ts';
import { systemClock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { sealed } from '../helpers/sealed-transport.ts';
import type { SignallingPair } from '../helpers/signalling.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';
import { transportConformance } from './transport.ts';

const LINE = asTaskId('line');
let live: LiveServer;

beforeAll(async () => {
  live = await startLiveServer();
  await live.server.coordinator.createTask(toyGossipTask());
  await live.server.coordinator.startTask(LINE);
});
afterAll(() => live.stop());

interface Joined {
  readonly id: EdgeId;
  readonly introduction: Introduction;
  /** One attempt's signals to a peer, told from others' by its number. */
  signalling(peer: EdgeId, attempt: number): Signalling;
}

async function join(): Promise<Joined> {
  const identity = generateKeyPair();
  const introducer = createSocketIntroducer({ url: live.server.url, identity, peerName: 'a peer', clock: systemClock, token: live.server.enrolmentToken });
  const introduction = await introducer.join(LINE, new AbortController().signal);
  const inboxes = new Map<number, { handler: ((signal: unknown) => void) | null; readonly kept: unknown[] }>();
  const inboxOf = (attempt: number) => {
    const inbox = inboxes.get(attempt) ?? { handler: null, kept: [] };
    inboxes.set(attempt, inbox);
    return inbox;
  };
  introduction.onSignal((_, said) => {
    const { attempt, signal } = said as { attempt: number; signal: unknown };
    const inbox = inboxOf(attempt);
    if (inbox.handler === null) inbox.kept.push(signal);
    else inbox.handler(signal);
  });
  return {
    id: edgeIdOf(identity.publicKey), introduction,
    signalling: (peer, attempt) => ({
      peer,
      // Who is gone by now hears nothing more of an attempt that was given up.
      send: (signal) => void introduction.signal(peer, { attempt, signal }).catch(() => undefined),
      onSignal(handler) {
        const inbox = inboxOf(attempt);
        inbox.handler = handler;
        for (const signal of inbox.kept.splice(0)) handler(signal);
      },
    }),
  };
}

async function meeting() {
  const [near, far] = [await join(), await join()];
  let attempts = 0;
  return {
    near, far,
    transports: [near, far].map(({ introduction }) => createRelayTransport({ conduit: introduction, clock: systemClock })),
    signalling(): SignallingPair {
      const attempt = attempts++;
      return { near: near.signalling(far.id, attempt), far: far.signalling(near.id, attempt) };
    },
  };
}

transportConformance('relay, through a real rendezvous', 'relay', async () => {
  const { near: one, far: other, transports, signalling } = await meeting();
  const [near, far] = transports.map(sealed);
  return {
    near, far, signalling,
    async dispose() {
      await Promise.all([near.stop(), far.stop()]);
      await Promise.all([one, other].map(({ introduction }) => introduction.leave()));
    },
  };
});

describe('a wire through a real rendezvous', () => {
  it('ends on both sides when one of them is connected to it no more', async () => {
    const { near: one, far: other, transports: [near, far], signalling } = await meeting();
    const never = new AbortController().signal;
    const signals = signalling();
    const [a, b] = await Promise.all([near.open(signals.near, never), far.answer(signals.far, never)]);
    const ended = [a, b].map((wire) => new Promise<string>((resolve) => wire.onClose(resolve)));
    await other.introduction.leave();
    expect(await ended[1]).toMatch(/^disconnected: the relay is gone/);
    a.send(Uint8Array.of(1));
    expect(await ended[0]).toMatch(/^disconnected: the relay does not pass it on: /);
    await Promise.all([near.stop(), far.stop(), one.introduction.leave()]);
  });
});
