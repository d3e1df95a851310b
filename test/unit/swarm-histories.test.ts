/** What whoever looks on late is told of a swarm. */
import { expect, it } from 'vitest';
import { createSwarmHistories } from '../../server/observability/swarm-histories.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { livePeer, liveSwarm } from '../helpers/live-state.ts';

const DIGITS = asTaskId('digits');

it('has a point a second at most, of what changed, and keeps its shape when it becomes long', async () => {
  const clock = createVirtualClock(1_000_000);
  let round = 0;
  let looks = 0;
  const histories = createSwarmHistories(clock, () => {
    looks++;
    return liveSwarm(2, { now: clock.now(), peers: [livePeer(0, { round }), livePeer(1, { round })] });
  });
  expect(histories.of(DIGITS)).toBeNull();
  // Ten changes a second, for a quarter of an hour.
  for (let i = 0; i < 9_000; i++) {
    clock.after(100 * i, () => {
      round = i;
      histories.changed(DIGITS);
    });
  }
  await clock.runUntil(() => false);
  expect(looks).toBeGreaterThan(800);
  expect(looks).toBeLessThanOrEqual(900);
  const { since, points } = histories.of(DIGITS) ?? { since: 0, points: [] };
  expect(since).toBe(1_001_000);
  expect(points.length).toBeGreaterThan(250);
  expect(points.length).toBeLessThanOrEqual(600);
  expect(points[0]).toMatchObject({ at: 0, round: 10 });
  expect(points.at(-1)).toMatchObject({ round: 8_999 });
  expect(points.every((point, i) => i === 0 || point.at > points[i - 1].at)).toBe(true);
  histories.changed(DIGITS);
  histories.stop();
  expect(clock.pending).toBe(0);
});
