import { describe, expect, it } from 'vitest';
import { createSwarmLayout, type SwarmLayout } from '../../server/dashboard/swarm-layout.ts';
import { liveSwarm } from '../helpers/live-state.ts';

function settled(layout: SwarmLayout): number {
  let steps = 0;
  while (layout.step()) if (++steps > 1000) expect.fail('it does not come to rest');
  return steps;
}
const laid = (count: number): SwarmLayout => {
  const layout = createSwarmLayout();
  const { peers, links } = liveSwarm(count);
  layout.set(peers.map(({ peer }) => peer), links);
  return layout;
};

describe('the layout of a swarm', () => {
  it.each([1, 2, 9, 100])('gives %i peers places of their own within the picture', (count) => {
    const layout = laid(count);
    settled(layout);
    const places = [...layout.places.values()];
    expect(places).toHaveLength(count);
    expect(new Set(places.map(({ x, y }) => `${x.toFixed(4)} ${y.toFixed(4)}`)).size).toBe(count);
    for (const { x, y } of places) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
  });

  it('is the same each time', () => {
    const [one, other] = [laid(20), laid(20)];
    settled(one);
    settled(other);
    expect([...one.places]).toEqual([...other.places]);
  });

  it('draws those together that are linked', () => {
    const layout = createSwarmLayout();
    // A path: its ends are further from each other than neighbours are.
    layout.set(['a', 'b', 'c', 'd'], [{ a: 'a', b: 'b' }, { a: 'b', b: 'c' }, { a: 'c', b: 'd' }]);
    settled(layout);
    const distance = (from: string, to: string): number => {
      const [p, q] = [layout.places.get(from), layout.places.get(to)];
      return p === undefined || q === undefined ? NaN : Math.hypot(p.x - q.x, p.y - q.y);
    };
    for (const [from, to] of ['ab', 'bc', 'cd']) expect(distance(from, to)).toBeLessThan(distance('a', 'd'));
  });

  it('stays where nothing changed, and moves little when somebody comes', () => {
    const layout = laid(30);
    settled(layout);
    const { peers, links } = liveSwarm(30);
    const names = peers.map(({ peer }) => peer);
    expect(layout.set([...names].reverse(), links)).toBe(false);
    expect(layout.step()).toBe(false);
    const before = new Map([...layout.places].map(([peer, place]) => [peer, { ...place }]));
    expect(layout.set([...names, 'new'], [...links, { a: names[0], b: 'new' }])).toBe(true);
    settled(layout);
    const moved = names.map((peer) => Math.hypot((layout.places.get(peer)?.x ?? 9) - (before.get(peer)?.x ?? 0), (layout.places.get(peer)?.y ?? 9) - (before.get(peer)?.y ?? 0)));
    // On the average less than a tenth of the picture's width.
    expect(moved.reduce((sum, one) => sum + one, 0) / moved.length).toBeLessThan(0.2);
    expect(layout.set(names, links)).toBe(true);
    expect(layout.places.has('new')).toBe(false);
  });
});
