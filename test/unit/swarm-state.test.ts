import { describe, expect, it } from 'vitest';
import { accuraciesOf, HISTORY_KEPT, joinedHistories, type SwarmHistory } from '../../shared/protocol/swarm-history.ts';
import { activityOf, levelOf, roundsPerMinute, withHistory, withSwarm, type SwarmState } from '../../shared/protocol/swarm-state.ts';
import { LIVE_NOW, livePeer, liveSwarm, peerId } from '../helpers/live-state.ts';

const at = (seconds: number, round: number, fields: Parameters<typeof liveSwarm>[1] = {}) =>
  liveSwarm(2, { now: LIVE_NOW + 1000 * seconds, peers: [livePeer(0, { round, accuracy: 0.8, merged: [peerId(1)] }), livePeer(1, { round, accuracy: 0.6 })], ...fields });
const after = (...swarms: ReturnType<typeof liveSwarm>[]): SwarmState => swarms.reduce<SwarmState | null>((state, swarm) => withSwarm(state, swarm), null) as SwarmState;

describe('what is known of a swarm', () => {
  it('is the mean and the worst of those that have evaluated', () => {
    const { mean, worst, evaluated } = accuraciesOf(liveSwarm(3, { peers: [livePeer(0, { accuracy: 0.9 }), livePeer(1, { accuracy: 0.7 }), livePeer(2, { accuracy: null })] }));
    expect(mean).toBeCloseTo(0.8, 12);
    expect([worst?.peer, evaluated]).toEqual([peerId(1), 2]);
    expect(accuraciesOf(liveSwarm(0))).toEqual({ mean: null, worst: null, evaluated: 0 });
  });

  it('has a history of what changed, and none of what did not', () => {
    const { points } = after(at(0, 1), at(1, 1), at(2, 2), at(3, 2, { consensusDistance: 0.1 })).history;
    expect(points.map((point) => [point.at, point.round, point.distance])).toEqual([[0, 1, 0.42], [2, 2, 0.42], [3, 2, 0.1]]);
    expect(points[0]).toMatchObject({ worst: 0.6 });
  });

  it('keeps a long history at half the points', () => {
    let state = withSwarm(null, at(0, 1));
    for (let i = 1; i <= HISTORY_KEPT; i++) state = withSwarm(state, at(i, i + 1));
    expect(state.history.points.length).toBeLessThanOrEqual(HISTORY_KEPT / 2 + 1);
    expect([state.history.points[0].at, state.history.points.at(-1)?.at]).toEqual([0, HISTORY_KEPT]);
  });

  it('begins with what the coordinator tells of the time before', () => {
    const past = after(at(0, 1), at(10, 2)).history;
    const late = withSwarm(null, at(20, 3), past);
    expect([late.history.since, late.history.points.map((point) => [point.at, point.round])]).toEqual([LIVE_NOW, [[0, 1], [10, 2], [20, 3]]]);
    expect(roundsPerMinute(late.history)).toBe(6);
  });

  it('is put together with what is told after a time away: whichever began earlier, and what the other has beyond', () => {
    const seconds = (history: SwarmHistory): readonly (readonly number[])[] => history.points.map((point) => [point.at, point.round]);
    const seen = after(at(0, 1), at(10, 2));
    // The page was away for a while, in which the coordinator went on.
    const told = after(at(0, 1), at(10, 2), at(20, 3), at(30, 4)).history;
    expect(seconds(withHistory(seen, told).history)).toEqual([[0, 1], [10, 2], [20, 3], [30, 4]]);
    // It had looked at more than is told.
    expect(seconds(joinedHistories(told, seen.history))).toEqual([[0, 1], [10, 2], [20, 3], [30, 4]]);
    // The coordinator was started anew, and knows of the last part alone.
    const anew = after(at(25, 3), at(40, 5)).history;
    expect([joinedHistories(told, anew).since, seconds(joinedHistories(told, anew))]).toEqual([LIVE_NOW, [[0, 1], [10, 2], [20, 3], [30, 4], [40, 5]]]);
    expect(joinedHistories(null, anew)).toBe(anew);
  });

  it('goes on when the clock of whoever tells is set back', () => {
    expect(after(at(100, 1), at(200, 2), at(50, 3)).history.points.map((point) => point.at)).toEqual([0, 100, 100]);
  });

  it('says who merged with whom when a round has ended, once', () => {
    expect(after(at(0, 1), at(1, 2)).merges).toEqual([{ from: peerId(1), to: peerId(0) }]);
    expect(after(at(0, 1), at(1, 2), at(2, 2)).merges).toEqual([]);
  });

  it('remembers for a while who left', () => {
    const one = liveSwarm(1, { now: LIVE_NOW + 1000 });
    const state = after(liveSwarm(2), one);
    expect([state.departed.map(({ peer }) => peer.peer), state.events[0].text]).toEqual([[peerId(1)], 'peer 1 left']);
    expect(withSwarm(state, { ...one, now: LIVE_NOW + 60_000 }).departed).toEqual([]);
    const back = withSwarm(state, liveSwarm(2, { now: LIVE_NOW + 2000 }));
    expect([back.departed, back.events[0].text]).toEqual([[], 'peer 1 joined']);
  });

  it('takes the pace over the last minute', () => {
    expect(roundsPerMinute({ since: 0, points: [] })).toBeNull();
    expect(roundsPerMinute(after(at(0, 1), at(1, 2)).history)).toBeNull();
    // The first hundred seconds were slow, and do not count any more.
    expect(roundsPerMinute(after(at(0, 0), at(100, 1), at(130, 16), at(160, 31)).history)).toBe(30);
  });

  it('has words for what a peer does', () => {
    const waiting = liveSwarm(1);
    expect(activityOf(waiting, waiting.peers[0])).toBe('waiting for peers');
    const two = liveSwarm(2, { peers: [livePeer(0, { round: 0 }), livePeer(1, { toldAt: null })] });
    expect(two.peers.map((peer) => activityOf(two, peer))).toEqual(['first round', 'joining']);
  });

  it('shows the last points of an accuracy as well as the first', () => {
    expect([0, 0.9, 0.99, 1].map(levelOf)).toEqual([0, expect.closeTo(0.5, 9), expect.closeTo(1, 9), 1]);
  });
});
