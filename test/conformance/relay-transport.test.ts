/** Wires through a relay. */
import { describe, expect, it } from 'vitest';
import { createChannel } from '../../client/gossip/channel.ts';
import { createRelayTransport } from '../../client/gossip/relay-transport.ts';
import { systemClock } from '../../shared/clock.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { createMemoryRelay } from '../helpers/memory-conduit.ts';
import { sealed } from '../helpers/sealed-transport.ts';
import { createSignalling, FAR, NEAR } from '../helpers/signalling.ts';
import { transportConformance } from './transport.ts';

transportConformance('relay', 'relay', async () => {
  const relay = createMemoryRelay();
  const [near, far] = [NEAR, FAR].map((self) => createRelayTransport({ conduit: relay.connect(self), clock: systemClock }));
  return {
    near, far,
    async dispose() {
      await Promise.all([near.stop(), far.stop()]);
      relay.end('over');
    },
  };
});

// What peers make of such a wire in their handshake, and use from then on.
transportConformance('relay, sealed', 'relay', async () => {
  const relay = createMemoryRelay();
  const [near, far] = [NEAR, FAR].map((self) => sealed(createRelayTransport({ conduit: relay.connect(self), clock: systemClock })));
  return {
    near, far,
    async dispose() {
      await Promise.all([near.stop(), far.stop()]);
      relay.end('over');
    },
  };
});

describe('wires over one relay', () => {
  const never = (): AbortSignal => new AbortController().signal;

  async function twoWires() {
    const relay = createMemoryRelay();
    const [near, far] = [NEAR, FAR].map((self) => createRelayTransport({ conduit: relay.connect(self), clock: systemClock }));
    const pairs = await Promise.all([0, 1].map(() => {
      const signals = createSignalling();
      return Promise.all([near.open(signals.near, never()), far.answer(signals.far, never())]);
    }));
    return { relay, near, far, pairs };
  }

  it('are told apart, and one that closes leaves the others alone', async () => {
    const { pairs: [[a, b], [c, d]], near, far } = await twoWires();
    const come: string[] = [];
    b.onMessage(([byte]) => come.push(`b${byte}`));
    d.onMessage(([byte]) => come.push(`d${byte}`));
    a.send(Uint8Array.of(1));
    const closed = new Promise((resolve) => b.onClose(resolve));
    a.close('enough');
    expect(await closed).toBe('enough');
    const heard = new Promise<void>((resolve) => d.onMessage(([byte]) => {
      come.push(`d${byte}`);
      resolve();
    }));
    c.send(Uint8Array.of(2));
    await heard;
    expect(come).toEqual(['b1', 'd2']);
    await Promise.all([near.stop(), far.stop()]);
  });

  it('all end with the relay, and so do attempts and sends', async () => {
    const { relay, near, pairs } = await twoWires();
    const opening = near.open(createSignalling().near, never());
    const sending = createChannel(pairs[0][0], { clock: systemClock }).send(new Uint8Array(2 ** 24));
    const ends = pairs.flat().map((wire) => new Promise<string>((resolve) => wire.onClose(resolve)));
    relay.end('switched off');
    await expect(sending).rejects.toMatchObject({ code: 'disconnected' });
    await expect(opening).rejects.toMatchObject({ code: 'disconnected' });
    for (const reason of await Promise.all(ends)) expect(reason).toBe('disconnected: the relay is gone: switched off');
    await expect(near.open(createSignalling().near, never())).rejects.toMatchObject({ code: 'disconnected' });
  });

  it('give the relay only so much at once', async () => {
    const { relay, pairs: [[a, b]], near, far } = await twoWires();
    const [from, to] = [createChannel(a, { clock: systemClock }), createChannel(b, { clock: systemClock })];
    const came = new Promise<number>((resolve) => to.onFrame((frame) => resolve(frame.byteLength)));
    await from.send(new Uint8Array(2 ** 22));
    expect(await came).toBe(2 ** 22);
    expect(relay.mostUnderWay).toBeLessThanOrEqual(4);
    await Promise.all([near.stop(), far.stop()]);
  });

  it('take no word from anybody but their peer', async () => {
    const relay = createMemoryRelay();
    const stranger = relay.connect(asEdgeId(`e${'3'.repeat(20)}`));
    const [near, far] = [NEAR, FAR].map((self) => createRelayTransport({ conduit: relay.connect(self), clock: systemClock }));
    const signals = createSignalling();
    let number = '';
    const listening = { ...signals.near, send: (signal: unknown) => ((number = (signal as { number: string }).number), signals.near.send(signal)) };
    const [a, b] = await Promise.all([near.open(listening, never()), far.answer(signals.far, never())]);
    const come: number[] = [];
    const heard = new Promise<void>((resolve) => b.onMessage(([byte]) => {
      come.push(byte);
      resolve();
    }));
    await stranger.relay(FAR, Uint8Array.of(1, ...Buffer.from(number, 'hex'), 66));
    await stranger.relay(FAR, Uint8Array.of(2));
    a.send(Uint8Array.of(7));
    await heard;
    expect(come).toEqual([7]);
    await Promise.all([near.stop(), far.stop()]);
  });
});
