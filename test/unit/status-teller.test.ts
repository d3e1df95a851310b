import { describe, expect, it } from 'vitest';
import { createStatusTeller } from '../../client/gossip/status-teller.ts';
import type { Introducer, Introduction } from '../../client/gossip/introducer.ts';
import { asDigest, asEdgeId, asTaskId } from '../../shared/ids.ts';
import { STATUS_MS, type PeerStatus } from '../../shared/protocol/peer-messages.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { peerId } from '../helpers/live-state.ts';

const ADA = asEdgeId(peerId(1));

/** Somebody who looks on, and what it hears. */
async function lookedOn(): Promise<{ teller: ReturnType<typeof createStatusTeller>; told: PeerStatus[]; after(ms: number): Promise<void> }> {
  const clock = createVirtualClock();
  const teller = createStatusTeller(clock, 'browser');
  const told: PeerStatus[] = [];
  const introduction = { status: async (status: PeerStatus) => void told.push(status), onClose: () => undefined } as unknown as Introduction;
  const introducer: Introducer = { name: 'one who looks on', join: () => Promise.resolve(introduction) };
  await teller.watch(introducer).join(asTaskId('line'), new AbortController().signal);
  const metrics = { bytesSent: { webrtc: 5, relay: 2, memory: 0 }, bytesReceived: { webrtc: 1, relay: 0, memory: 0 } };
  teller.start({ swarm: asDigest('ab'.repeat(32)), read: () => Float32Array.of(1, 2), metrics: () => metrics });
  const after = async (ms: number): Promise<void> => {
    const until = clock.now() + ms;
    let over = false;
    clock.after(ms, () => (over = true));
    await clock.runUntil(() => over && clock.now() >= until);
  };
  return { teller, told, after };
}

describe('what a peer says of itself to those who look on', () => {
  it('is how it is, what it runs in and what went over its lines', async () => {
    const { teller, told, after } = await lookedOn();
    teller.onMesh({ type: 'channel-opened', peer: ADA, kind: 'relay', side: 'called' });
    teller.onMesh({ type: 'neighbour', peer: ADA, is: 'there' });
    teller.onGossip({ type: 'turn', round: 3, loss: NaN, examples: 1, merged: [ADA], missed: [] });
    await after(1.1 * STATUS_MS);
    expect(told.at(-1)).toMatchObject({ round: 3, trainLoss: null, merged: [ADA], neighbours: [{ peer: ADA, kind: 'relay' }], platform: 'browser', bytesSent: 7, bytesReceived: 1 });
    teller.stop();
  });

  it('comes again where nothing is new, since the last word may have been passed over', async () => {
    const { teller, told, after } = await lookedOn();
    expect(told).toHaveLength(1);
    await after(4.5 * STATUS_MS);
    expect(told).toHaveLength(1);
    await after(STATUS_MS);
    expect(told).toHaveLength(2);
    teller.stop();
    await after(20 * STATUS_MS);
    expect(told).toHaveLength(2);
  });
});
