/** Whom a coordinator tells what became of a draw. */
import { expect, it } from 'vitest';
import { createEdgeTalk, type EdgeTalkHouse } from '../../server/coordinator/edge-talk.ts';
import { createPopulation } from '../../server/coordinator/population.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import type { Decision } from '../../server/selection/decision.ts';
import { asEdgeId, asTaskId } from '../../shared/ids.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom } from '../../shared/random.ts';

const COUNT = 2500;
const edges = Array.from({ length: COUNT }, (_, n) => asEdgeId(`e${n}`));
const decisionFor = (chosen: (n: number) => boolean, reason: string): Decision[] =>
  edges.map((edge, n) => ({ edge, status: chosen(n) ? 'chosen' : 'not-drawn', criterion: 'drawn', reason, facts: {}, examples: 1 }));

it('sends away every one of thousands who were not chosen, and none whom a later draw chose meanwhile', async () => {
  const clock = createVirtualClock();
  const population = createPopulation();
  const told = new Map<string, string[]>();
  for (const edge of edges) {
    const { near: mine, far: theirs } = createMemoryLinks<CoordinatorToEdge, EdgeToCoordinator>({ clock, latencyMs: 1 });
    theirs.onRequest((type, payload) => {
      told.set(edge, [...(told.get(edge) ?? []), `${type} ${(payload as { reason: string }).reason}`]);
      return Promise.resolve({});
    });
    population.connect(edge, edge, mine, clock.now());
  }
  const unused = (): never => { throw new Error('nothing is offered here'); };
  const talk = createEdgeTalk({
    task: { id: asTaskId('line') } as EdgeTalkHouse['task'], policy: {} as EdgeTalkHouse['policy'],
    population, clock, random: createRandom(1), comeBackMs: () => 5, current: unused, baseOf: unused, postFor: unused,
  });
  talk.tellDecisions(1, decisionFor((n) => n === 0, 'first'));
  // Before the last ones of the first draw were told: of two reasons they hear the newer.
  talk.tellDecisions(2, decisionFor((n) => n === COUNT - 1, 'second'));
  await clock.runUntil(() => clock.pending === 0);
  expect(told.size).toBe(COUNT - 1);
  expect(told.has(edges[COUNT - 1])).toBe(false);
  expect(told.get(edges[0])).toEqual(['comeBack second']);
  expect(told.get(edges[COUNT - 2])).toEqual(['comeBack second']);
  expect(told.get(edges[1])).toEqual(['comeBack first', 'comeBack second']);
  expect(population.get(edges[COUNT - 1])?.reason).toBe('round 2 of line: second');
  talk.stop();
});
