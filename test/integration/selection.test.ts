/** What a driver remembers of its edges, and what it writes down of its decisions: over rounds, and over the coordinator's death. */
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { openHandEdge, toyReport, type HandEdge } from '../helpers/hand-edge.ts';
import { createVirtualFederation, toySpec, type FederationSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';

const LINE = asTaskId('line');
const ROUND = { goal: 2, minimum: 1, overSelection: 1, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60, comeBackSeconds: 1 };
let federation: VirtualFederation | null = null;

afterEach(async () => {
  await federation?.stop();
  federation = null;
});

async function running(selection: TaskSpecInput['selection'], round: object = {}, settings: FederationSettings = {}): Promise<VirtualFederation> {
  federation = await createVirtualFederation(settings);
  await federation.coordinator.start();
  await federation.coordinator.createTask(toySpec({ selection, round: { ...ROUND, ...round } }));
  await federation.coordinator.startTask(LINE);
  return federation;
}

const settled = <T>(on: VirtualFederation, promise: Promise<T>): Promise<T> => settledIn(on.clock, promise);

describe('track records', () => {
  it('count what became of each assignment, with the loss and the time of reports', async () => {
    // With this seed each of three is drawn often, whichever ids their keys give them.
    const on = await running({}, {}, { seed: 3 });
    on.addEdge({ examples: [[1, 3]], trainingMs: 1000 });
    on.addEdge({ examples: [[1, 3], [2, 5]], trainingMs: 3000 });
    on.addEdge({ examples: [[1, 3]], decline: () => 'not now' });
    await on.untilRounds(12);
    const tracks = await on.store.listTracks(LINE);
    const totals = { reported: 0, declined: 0, released: 0 };
    for (let round = 1; round <= 12; round++) {
      for (const { status, assignment } of await on.store.listParticipations(LINE, round)) if (assignment !== null) totals[status as keyof typeof totals]++;
    }
    const sum = (name: 'asked' | 'reported' | 'declined' | 'lost'): number => tracks.reduce((all, track) => all + track[name], 0);
    expect([sum('asked'), sum('reported'), sum('declined'), sum('lost')]).toEqual([totals.reported + totals.declined + totals.released, totals.reported, totals.declined, 0]);
    expect(totals.reported).toBeGreaterThan(4);
    expect(totals.declined).toBeGreaterThan(0);
    for (const { reported, loss, roundMs, lastReportedRound, lastReportedAt } of tracks) {
      if (reported === 0) expect([loss, roundMs, lastReportedRound, lastReportedAt]).toEqual([null, null, null, null]);
      else {
        // y = 2x + 1 from the weights 0: losses of 9 and more at first, and they fall.
        expect(loss).toBeGreaterThan(0);
        expect(loss).toBeLessThan(17.1);
        expect(roundMs).toBeGreaterThanOrEqual(1000);
        expect(roundMs).toBeLessThan(3500);
      }
    }
  });

  it('survive the coordinator’s death in the middle of a round: each assignment counts once, and the replayed loss is heard', async () => {
    const platter = createSimulatedDisk({ random: createRandom(3).fork('disk') });
    const store = await openSqliteStore(':memory:');
    const first = await running({ sampler: { name: 'oort' } }, { absenceSeconds: 5 }, { disk: platter, store });
    const edges: HandEdge[] = [];
    for (let i = 0; i < 2; i++) edges.push(await settled(first, openHandEdge(first.connect(), { token: 'enrol' })));
    const offers = Promise.all(edges.map((edge) => edge.nextAssign()));
    for (const edge of edges) await settled(first, edge.checkIn(LINE));
    const [offer] = await settled(first, offers);
    await settled(first, edges[0].report(offer.assignment, toyReport(offer.assignment, [1, 1])));
    const memory = await store.loadSamplerMemory(LINE);
    expect(memory).toMatchObject({ round: 1, draws: 1 });
    expect(await store.listTracks(LINE)).toEqual([]);

    federation = await createVirtualFederation({ disk: platter.kill(), store });
    await federation.coordinator.start();
    // The other edge does not come back.
    await federation.untilRounds(1);
    expect(federation.rounds[0]).toMatchObject({ round: 1, outcome: 'committed', reported: 1 });
    const tracks = await store.listTracks(LINE);
    expect(tracks.map(({ asked, reported, lost, loss, roundMs, lastReportedRound }) => ({ asked, reported, lost, loss, roundMs, lastReportedRound })).sort((a, b) => b.reported - a.reported)).toEqual([
      // Its time is not measured: the coordinator was dead for part of it.
      { asked: 1, reported: 1, lost: 0, loss: 0.5, roundMs: null, lastReportedRound: 1 },
      { asked: 1, reported: 0, lost: 1, loss: null, roundMs: null, lastReportedRound: null },
    ]);
    // Those who were chosen keep why, over the restart.
    for (const { reason, facts, status } of await store.listParticipations(LINE, 1)) {
      expect(facts).toMatchObject({ part: 'untried' });
      if (status === 'reported') expect(reason).toMatch(/^drawn: 0 of 0 tried edges were drawn by utility, 2 of 2 untried ones by speed/);
    }
    expect(await store.loadSamplerMemory(LINE)).toEqual(memory);
  });
});

describe('a policy', () => {
  it('that asks for a round’s rest takes edges in turns', async () => {
    const on = await running({ criteria: { rest: { rounds: 1 } } }, { goal: 1 });
    on.addEdge({ examples: [[1, 3]] });
    on.addEdge({ examples: [[1, 3]] });
    await on.untilRounds(6);
    const reporters: string[] = [];
    for (let round = 1; round <= 6; round++) reporters.push(...(await on.store.listParticipations(LINE, round)).flatMap(({ edge, status }) => (status === 'reported' ? [edge] : [])));
    expect(new Set(reporters).size).toBe(2);
    for (let i = 1; i < 6; i++) expect(reporters[i]).not.toBe(reporters[i - 1]);
  });

  it('that goes by losses learns them, and each decision tells its own facts', async () => {
    const on = await running({ scores: [{ name: 'powerOfChoice', among: 4 }, { name: 'reliability', weight: 0.5 }], sampler: { name: 'topK', explore: 0 } }, { goal: 2 });
    for (let i = 0; i < 4; i++) on.addEdge({ examples: [[1, i]] });
    await on.untilRounds(5);
    const last = await on.store.listParticipations(LINE, 5);
    expect(last.filter(({ assignment }) => assignment !== null)).toHaveLength(2);
    for (const { facts, reason, assignment } of last) {
      expect(facts?.scores).toMatchObject({ powerOfChoice: expect.any(Number) as number, reliability: expect.any(Number) as number });
      expect(facts?.score).toBeCloseTo(((facts?.scores?.powerOfChoice ?? NaN) + 0.5 * (facts?.scores?.reliability ?? NaN)) / 1.5, 12);
      expect(reason.startsWith(assignment === null ? 'not drawn: the 2 best of' : 'drawn: the 2 best of')).toBe(true);
      expect(reason).toContain(`rank ${facts?.rank}`);
    }
  });
});
