import { describe, expect, it } from 'vitest';
import { describeAccuracy, describeLinks, leavingGossip, NEW_GOSSIP, onGossipMessage, type GossipView } from '../../client/browser/gossip-session-view.ts';
import type { PlainGossipEvent, PlainMeshEvent, WorkerToPage } from '../../client/browser/worker-messages.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { peerId } from '../helpers/live-state.ts';

const [ADA, BOB] = [asEdgeId(peerId(1)), asEdgeId(peerId(2))];
const mesh = (event: PlainMeshEvent): WorkerToPage => ({ type: 'mesh', event });
const gossip = (event: PlainGossipEvent): WorkerToPage => ({ type: 'gossip', event });
const neighbour = (peer: typeof ADA, is: 'there' | 'gone'): WorkerToPage => mesh({ type: 'neighbour', peer, is });
const opened = (peer: typeof ADA, kind: 'webrtc' | 'relay'): WorkerToPage => mesh({ type: 'channel-opened', peer, kind, side: 'called' });
const turn = (round: number, merged: readonly (typeof ADA)[]): WorkerToPage => gossip({ type: 'turn', round, loss: 0.5, examples: 10, merged, missed: [] });
const joined: WorkerToPage = { type: 'joined', peer: peerId(0), task: 'digits' };

const after = (...messages: readonly WorkerToPage[]): GossipView => messages.reduce((view, message) => onGossipMessage(view, message, 1), NEW_GOSSIP);

describe('what the owner of a peer sees', () => {
  it('waits for peers, learns with them, and waits again when all are gone', () => {
    expect(after(joined)).toMatchObject({ status: 'waiting', statusText: 'Waiting for peers', peer: peerId(0) });
    const learning = after(joined, opened(ADA, 'webrtc'), neighbour(ADA, 'there'), gossip({ type: 'began', from: ADA, round: 3 }), turn(4, [ADA]));
    expect(learning).toMatchObject({ status: 'learning', statusText: 'Round 5: training', round: 4, merged: [ADA], losses: [{ round: 4, loss: 0.5 }] });
    const alone = onGossipMessage(learning, neighbour(ADA, 'gone'), 2);
    expect(alone).toMatchObject({ status: 'waiting', statusText: 'Waiting for peers' });
    expect(onGossipMessage(alone, neighbour(BOB, 'there'), 3).status).toBe('learning');
  });

  it('says how neighbours are reached', () => {
    const view = after(joined, opened(ADA, 'webrtc'), opened(BOB, 'relay'), neighbour(ADA, 'there'), neighbour(BOB, 'there'));
    expect([...view.neighbours]).toEqual([[ADA, 'webrtc'], [BOB, 'relay']]);
    expect(describeLinks(view)).toBe('1 direct, 1 relayed');
    expect(describeLinks(onGossipMessage(view, neighbour(BOB, 'gone'), 1))).toBe('all direct');
    expect(describeLinks(NEW_GOSSIP)).toBe('nobody yet');
  });

  it('tells that the rendezvous is away, and that it is back, without stopping', () => {
    const introduced = mesh({ type: 'introduced', introducer: 'http://x', peers: [ADA] });
    const away = after(joined, introduced, turn(1, [ADA]), mesh({ type: 'introducer-lost', introducer: 'http://x', reason: 'transport close' }));
    expect(away).toMatchObject({ rendezvous: 'away', status: 'learning' });
    expect(away.log[0].text).toBe('The rendezvous is away (transport close); learning goes on');
    const failed = mesh({ type: 'introducer-failed', introducer: 'http://x', error: { code: 'disconnected', message: 'gone', retryable: true } });
    expect(onGossipMessage(away, failed, 2)).toMatchObject({ rendezvous: 'away', error: null });
    expect(onGossipMessage(away, introduced, 2).rendezvous).toBe('here');
    // Who never was in cannot say that it went away.
    expect(after(failed)).toMatchObject({ rendezvous: null, statusText: 'The rendezvous does not answer' });
  });

  it('says what the accuracy is measured on', () => {
    const held: WorkerToPage = { type: 'data', task: 'digits', source: 'files', examples: 90, heldBack: 10 };
    expect(describeAccuracy(after(held))).toBe('not evaluated yet');
    expect(describeAccuracy(after(held, gossip({ type: 'evaluated', round: 2, loss: 1, accuracy: 0.5 })))).toBe('own held-out examples, round 2');
    expect(describeAccuracy(after({ ...held, heldBack: 0 }))).toBe('no examples are held back');
  });

  it('ends once, and keeps leaving while it leaves', () => {
    const leaving = leavingGossip(after(joined), 1);
    expect(onGossipMessage(leaving, turn(1, []), 2)).toMatchObject({ status: 'leaving', round: 1 });
    const left = onGossipMessage(leaving, { type: 'left' }, 2);
    expect(left.status).toBe('left');
    expect(onGossipMessage(left, { type: 'failed', error: { code: 'internal', message: 'late', retryable: false } }, 3)).toBe(left);
  });
});
