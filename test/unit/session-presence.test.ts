import { describe, expect, it } from 'vitest';
import { createPopulation } from '../../server/coordinator/population.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { asAssignmentId, asEdgeId, asTaskId } from '../../shared/ids.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { IDLE_MACHINE } from '../helpers/hand-edge.ts';

const EDGE = asEdgeId('e00000000000000000001');
const LINE = asTaskId('line');
const CHECK_IN = { conditions: IDLE_MACHINE, capabilities: { platform: 'node', backend: 'cpu', stepsPerSecond: null }, tasks: [{ task: LINE, examples: 3 }] } as const;

function house() {
  const population = createPopulation();
  const heard: string[] = [];
  population.listen({ changed: () => undefined, connected: () => heard.push('connected'), disconnected: () => heard.push('disconnected') });
  const clock = createVirtualClock();
  const link = () => createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: 1 }).far;
  return { population, heard, link };
}

describe('the presence of an edge', () => {
  it('that was gone before its session was open is told in order', () => {
    const { population, heard, link } = house();
    const closed = link();
    closed.close('gone');
    population.connect(EDGE, 'quick', closed, 1);
    expect(heard).toEqual(['connected', 'disconnected']);
    expect(population.get(EDGE)).toMatchObject({ link: null, activity: 'away' });
  });

  it('is one session’s: the end of the older one says nothing of the newer', () => {
    const { population, heard, link } = house();
    const [first, second] = [link(), link()];
    population.connect(EDGE, 'twice', first, 1);
    population.connect(EDGE, 'twice', second, 2);
    expect(first.closed).toBe(true);
    expect(heard).toEqual(['connected', 'connected']);
    expect(population.get(EDGE)?.link).toBe(second);
    population.checkIn(EDGE, CHECK_IN, 3);
    expect(population.candidates(LINE)).toEqual([{ edge: EDGE, name: 'twice', protocolMinor: 0, labels: null, conditions: IDLE_MACHINE, capabilities: CHECK_IN.capabilities, checkedInAt: 3, examples: 3, busy: false }]);
  });

  it('that leaves is no candidate any more, and closes its link itself', () => {
    const { population, link } = house();
    const own = link();
    population.connect(EDGE, 'polite', own, 1);
    population.checkIn(EDGE, CHECK_IN, 2);
    population.leave(EDGE);
    expect(population.candidates(LINE)).toEqual([]);
    expect(own.closed).toBe(false);
    population.expel(EDGE, 'revoked');
    expect(own.closed).toBe(true);
    expect(population.get(EDGE)?.link).toBeNull();
    // Whom nobody knows cannot leave.
    population.leave(asEdgeId('e00000000000000000002'));
    population.expel(asEdgeId('e00000000000000000002'), 'revoked');
    expect(population.size).toBe(1);
  });

  it('is busy with one assignment, and freed by the end of that one alone', () => {
    const { population, link } = house();
    population.connect(EDGE, 'busy', link(), 1);
    population.checkIn(EDGE, CHECK_IN, 2);
    population.occupy(EDGE, asAssignmentId('line.1.0'));
    population.free(EDGE, asAssignmentId('line.1.1'));
    expect(population.candidate(EDGE, LINE)?.busy).toBe(true);
    population.free(EDGE, asAssignmentId('line.1.0'));
    expect(population.candidate(EDGE, LINE)?.busy).toBe(false);
  });
});
