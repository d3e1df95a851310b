/** What a round must survive from below and from its edges: early timers, stray answers, wrong counts, damaged journals, hasty operators. */
import { afterEach, describe, expect, it } from 'vitest';
import { requireDrivable } from '../../server/coordinator/policy.ts';
import type { Disk } from '../../server/storage/disk.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { createVirtualClock, settledIn, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import { openHandEdge, toyReport, toyStatistic, type HandEdge } from '../helpers/hand-edge.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { createVirtualFederation, toySpec, type FederationSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const ROUND = { goal: 2, minimum: 1, overSelection: 1, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60 };
let federation: VirtualFederation | null = null;

afterEach(async () => {
  await federation?.stop();
  federation = null;
});

async function running(settings: FederationSettings = {}, round: object = {}): Promise<VirtualFederation> {
  federation = await createVirtualFederation(settings);
  await federation.coordinator.start();
  await federation.coordinator.createTask(toySpec({ round: { ...ROUND, ...round } }));
  await federation.coordinator.startTask(LINE);
  return federation;
}

const settled = <T>(on: VirtualFederation, promise: Promise<T>): Promise<T> => settledIn(on.clock, promise);

const hand = (on: VirtualFederation, options = {}): Promise<HandEdge> => settled(on, openHandEdge(on.connect(), { token: 'enrol', ...options }));

/** Fires one timer in two a millisecond before its time, as Node's now and then does. */
function earlyClock(): VirtualClock {
  const exact = createVirtualClock(1_000_000);
  const random = createRandom(4);
  return {
    now: () => exact.now(),
    after: (delayMs, callback) => exact.after(delayMs - (random.next() < 0.5 ? 1 : 0), callback),
    runUntil: (done) => exact.runUntil(done),
    work: (durationMs, real, signal) => exact.work(durationMs, real, signal),
    get pending() {
      return exact.pending;
    },
  };
}

describe('a driver', () => {
  it('ends rounds though timers fire early', async () => {
    const on = await running({ clock: earlyClock() });
    for (let i = 0; i < 2; i++) {
      const edge = await hand(on);
      await settled(on, edge.checkIn(LINE));
    }
    // Nobody ever reports: each round must end by its deadlines.
    await on.untilRounds(5);
    expect(on.rounds.map(({ outcome }) => outcome)).toEqual(new Array(5).fill('aborted'));
  });

  it('heeds the answer to an offer for that assignment only', async () => {
    const on = await running({}, { goal: 1, reportingSeconds: 1, configurationSeconds: 1, retrySeconds: 1 });
    const slow = on.connect();
    let answer: (reply: object) => void = () => undefined;
    const offers: string[] = [];
    const edge = await settled(on, openHandEdge(slow, { token: 'enrol' }));
    slow.onRequest(async (type, payload) => {
      if (type !== 'assign') return {};
      offers.push((payload as { assignment: string }).assignment);
      return offers.length > 1 ? { accepted: true } : new Promise((resolve) => (answer = resolve));
    });
    await settled(on, edge.checkIn(LINE));
    await on.clock.runUntil(() => offers.length === 2);
    expect(offers).toEqual(['line.1.0', 'line.2.0']);
    answer({ accepted: false, reason: 'an answer to the first offer' });
    await settled(on, edge.report(offers[1] as never, toyReport(offers[1] as never, [1, 1])));
    await on.untilRounds(2);
    expect(on.rounds[1]).toMatchObject({ round: 2, outcome: 'committed' });
  });

  it.each([0.5, -1e300, 0])('refuses a report that counts %d examples, and goes on', async (examples) => {
    const on = await running({}, { goal: 1 });
    const edge = await hand(on);
    const offered = edge.nextAssign();
    await settled(on, edge.checkIn(LINE));
    const { assignment } = await settled(on, offered);
    const statistic = toyStatistic([1, 1]);
    const frame = encodeReport({ assignment, layout: TOY_LAYOUT.digest, statistic: { ...statistic, fields: { ...statistic.fields, examples: Float64Array.of(examples) } } });
    expect((await thrownBy(() => settled(on, edge.report(assignment, frame)))).code).toBe('out_of_range');
    await settled(on, edge.report(assignment, toyReport(assignment, [1, 1])));
    await on.untilRounds(1);
    expect(on.rounds[0]).toMatchObject({ outcome: 'committed', reported: 1 });
  });

  it('is started once by two who ask at once', async () => {
    federation = await createVirtualFederation();
    await federation.coordinator.start();
    await federation.coordinator.createTask(toySpec());
    await Promise.all([federation.coordinator.startTask(LINE), federation.coordinator.startTask(LINE)]);
    federation.addEdge({ examples: [[1, 1]] });
    await federation.untilRounds(2);
    expect((await federation.coordinator.getTask(LINE)).status).toBe('running');
  });

  it('gives up a round whose journal is damaged, and not the task', async () => {
    const platter = createSimulatedDisk({ random: createRandom(3).fork('disk') });
    const store = await openSqliteStore(':memory:');
    const first = await createVirtualFederation({ disk: platter, store });
    await first.coordinator.start();
    await first.coordinator.createTask(toySpec({ round: ROUND }));
    await first.coordinator.startTask(LINE);
    const edges = [await hand(first), await hand(first)];
    const offers = Promise.all(edges.map((edge) => edge.nextAssign()));
    for (const edge of edges) await settled(first, edge.checkIn(LINE));
    const [offer] = await settled(first, offers);
    await settled(first, edges[0].report(offer.assignment, toyReport(offer.assignment, [1, 1])));

    const left = platter.kill();
    const damaged: Disk = {
      ...left,
      read: async (path) => garbled(path, await left.read(path)),
      readAt: async (path, offset, length) => (offset === 0 ? garbled(path, await left.readAt(path, offset, length)) : left.readAt(path, offset, length)),
    };
    federation = await createVirtualFederation({ disk: damaged, store });
    await federation.coordinator.start();
    await federation.untilRounds(1);
    expect(federation.rounds[0]).toMatchObject({ round: 1, outcome: 'aborted' });
    expect(federation.rounds[0].reason).toMatch(/journal is damaged/);
    expect((await federation.coordinator.getTask(LINE)).status).toBe('running');
  });

  it('leaves nothing behind when it cannot start', async () => {
    federation = await createVirtualFederation();
    const { coordinator, store } = federation;
    await coordinator.start();
    await coordinator.createTask(toySpec());
    const latest = store.latestVersion.bind(store);
    store.latestVersion = () => Promise.reject(new Error('the disk is gone'));
    await expect(coordinator.startTask(LINE)).rejects.toThrow('the disk is gone');
    expect(await coordinator.getTask(LINE)).toMatchObject({ status: 'stopped', statusReason: 'it could not be started: the disk is gone' });
    store.latestVersion = latest;
    await coordinator.startTask(LINE);
    federation.addEdge({ examples: [[1, 1]] });
    await federation.untilRounds(1);
  });

  it('refuses what the machine knows and it does not carry out', () => {
    const needs = { fields: () => [], edgeState: false, stages: ['report'], barrier: true };
    expect(() => requireDrivable({ name: 'plain', needs })).not.toThrow();
    expect(() => requireDrivable({ name: 'buffered', needs: { ...needs, barrier: false } })).toThrow(/does not say how stale reports count/);
    expect(() => requireDrivable({ name: 'masked', needs: { ...needs, stages: ['keys', 'report'] } })).toThrow(/algorithm masked needs 2 stages/);
  });
});

/** The head of a journal segment, spoilt. */
function garbled(path: string, bytes: Uint8Array): Uint8Array {
  return path.startsWith('journal') ? bytes.map((byte, i) => (i < 8 ? byte ^ 0xff : byte)) : bytes;
}
