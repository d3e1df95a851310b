/** A task without a barrier end to end: the real coordinator and edge sessions, whose results can be worked out by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { Assign } from '../../shared/protocol/messages.ts';
import { createRandom } from '../../shared/random.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import { encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { openHandEdge, toyReport, toyStatistic, type HandEdge, type HandEdgeOptions } from '../helpers/hand-edge.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toySchema } from '../helpers/toy-task.ts';
import { createVirtualFederation, toySpec, type FederationSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
let federation: VirtualFederation | null = null;

afterEach(async () => {
  await federation?.stop();
  federation = null;
});

const buffered = (fields: object = {}, round: object = {}): TaskSpecInput =>
  toySpec({
    algorithm: { name: 'fedbuff', epochs: 1, batchSize: null, learningRate: 0.1, concurrency: 2, ...fields },
    round: { goal: 1, overSelection: 1, configurationSeconds: 20, reportingSeconds: 60, comeBackSeconds: 1, ...round },
  });

async function running(spec: TaskSpecInput, settings: FederationSettings = {}): Promise<VirtualFederation> {
  federation = await createVirtualFederation(settings);
  await federation.coordinator.start();
  await federation.coordinator.createTask(spec);
  await federation.coordinator.startTask(LINE);
  return federation;
}

async function weightsOf(on: VirtualFederation, version: number): Promise<number[]> {
  const record = await on.store.getVersion(LINE, version);
  if (!record) throw new Error(`there is no version ${version}`);
  return [...decodeCheckpoint(await on.blobs.get(record.checkpoint), TOY_LAYOUT).parameters.values];
}

describe('a task without a barrier', () => {
  it('uses a slow edge’s report, damped by the versions that it is behind', async () => {
    const on = await running(buffered({ learningRate: 0.5 }));
    // Both begin at version 0 = [0, 0]; an example (0, y) moves b by 0.5 · 2 · (y − b) = y − b.
    on.addEdge({ examples: [[0, 1]], trainingMs: 300 });
    on.addEdge({ examples: [[0, 4]], trainingMs: 700 });
    await on.untilRounds(3);
    expect(on.rounds.slice(0, 3).map(({ outcome, version, reported }) => [outcome, version, reported])).toEqual([['committed', 1, 1], ['committed', 2, 1], ['committed', 3, 1]]);
    // The fast one moved to 1, and then stood there; the slow one's 4 is two versions behind: 1 + 4 / √3.
    expect(await weightsOf(on, 1)).toEqual([0, 1]);
    expect(await weightsOf(on, 2)).toEqual([0, 1]);
    expect((await weightsOf(on, 3))[1]).toBeCloseTo(1 + 4 / Math.sqrt(3), 6);
    const [slow] = (await on.store.listParticipations(LINE, 3)).filter(({ status }) => status === 'reported');
    expect(slow).toMatchObject({ assignment: 'line.1.1', facts: { staleness: 2 } });
    expect(slow.reason).toContain('its report is 2 versions behind');
  });
});

/** Edges that the test speaks for, one offer and one report at a time. */
interface Speaker {
  readonly hand: HandEdge;
  offer(): Promise<Assign>;
  checkIn(): Promise<void>;
  report(assign: Assign, delta: readonly [number, number]): Promise<string>;
}

async function speaker(on: VirtualFederation, options: HandEdgeOptions = {}): Promise<Speaker> {
  const settled = <T>(promise: Promise<T>): Promise<T> => settledIn(on.clock, promise);
  const hand = await settled(openHandEdge(on.connect(), { token: 'enrol', ...options }));
  await settled(hand.checkIn(LINE));
  return {
    hand,
    offer: () => settled(hand.nextAssign()),
    checkIn: () => settled(hand.checkIn(LINE)),
    report: async ({ assignment }, delta) => (await settled(hand.report(assignment, toyReport(assignment, delta)))).outcome,
  };
}

const offersTo = ({ hand }: Speaker): string[] => hand.heard.flatMap(({ type, payload }) => (type === 'assign' ? [(payload as Assign).assignment] : []));

describe('edges of a task without a barrier', () => {
  it('have their best version labelled, as in rounds', async () => {
    const on = await running(buffered(), { loss: ([, b]) => (b - 1) ** 2 });
    const edge = await speaker(on);
    // b goes from 0 to 1, where nothing is lost, and on to 2.
    for (let version = 1; version <= 2; version++) {
      expect(await edge.report(await edge.offer(), [0, 1])).toBe('accepted');
      await on.untilRounds(version);
      await edge.checkIn();
    }
    expect(await on.store.listLabels(LINE)).toEqual({ best: 1 });
  });

  it('are not looked at anew for each report while they work', async () => {
    const on = await running(buffered({ concurrency: 4 }));
    for (const trainingMs of [300, 500, 700, 900]) on.addEdge({ examples: [[0, 1]], trainingMs });
    await on.untilRounds(6);
    for (const { round, reported } of on.rounds) {
      expect(reported).toBe(1);
      expect((await on.store.getRound(LINE, round))?.reasons).not.toHaveProperty('busy');
    }
  });

  it('work so many at once, and are asked again once they have checked in again', async () => {
    const on = await running(buffered());
    const [a, b, c] = [await speaker(on), await speaker(on), await speaker(on)];
    const first = await a.offer();
    await b.offer();
    expect(offersTo(c)).toEqual([]);
    expect(await a.report(first, [1, 0])).toBe('accepted');
    // A's place is C's, who waits; A itself has not said that it is there again.
    expect((await c.offer()).version).toBe(1);
    expect(offersTo(a)).toEqual(['line.1.0']);
    await a.checkIn();
    expect(offersTo(a)).toEqual(['line.1.0']);
    expect(await c.report((await on.store.listParticipations(LINE, 2)).map(({ assignment }) => ({ assignment }) as Assign)[0], [1, 0])).toBe('accepted');
    expect((await a.offer()).version).toBe(2);
  });

  it('that decline are not asked over and over', async () => {
    const on = await running(buffered({ concurrency: 1 }, { comeBackSeconds: 10 }));
    let declined = 0;
    on.addEdge({ examples: [[0, 1]], decline: () => (declined++, 'its owner uses it') });
    const until = on.clock.now() + 60_000;
    await on.clock.runUntil(() => on.clock.now() >= until);
    // Once a check-in, which come some seconds apart.
    expect(declined).toBeGreaterThan(3);
    expect(declined).toBeLessThan(40);
  });

  it('report too late where too many versions were made meanwhile, and are told as soon as that is known', async () => {
    const on = await running(buffered({ mostStaleness: 1, concurrency: 2 }));
    const [slow, fast] = [await speaker(on), await speaker(on)];
    const old = await slow.offer();
    for (let version = 0; version < 2; version++) {
      const assign = await fast.offer();
      expect(assign.version).toBe(version);
      expect(await fast.report(assign, [1, 0])).toBe('accepted');
      await fast.checkIn();
    }
    await fast.offer();
    expect(slow.hand.heard).toContainEqual({ type: 'release', payload: { assignment: old.assignment, reason: '1 versions were made since its own, and its report would count no more' } });
    expect(await slow.report(old, [1, 0])).toBe('late');
    expect(await weightsOf(on, 2)).toEqual([2, 0]);
  });

  it('that say again what counted long ago are told so', async () => {
    const on = await running(buffered({ concurrency: 1 }));
    const edge = await speaker(on);
    const first = await edge.offer();
    await edge.report(first, [1, 0]);
    for (let n = 0; n < 3; n++) {
      await edge.checkIn();
      await edge.report(await edge.offer(), [1, 0]);
    }
    expect(await edge.report(first, [1, 0])).toBe('duplicate');
    const other = await speaker(on);
    await expect(other.report(first, [1, 0])).rejects.toMatchObject({ code: 'not_selected' });
    expect(await weightsOf(on, 4)).toEqual([4, 0]);
  });

  it('report to the coordinator itself: a sum does not tell how stale its parts are', async () => {
    const on = await running(buffered());
    const edge = await speaker(on);
    const { assignment, round } = await edge.offer();
    const aggregator = await settledIn(on.clock, openHandEdge(on.connect(), { token: 'admin', role: 'aggregator' }));
    const sum = createAccumulator(toySchema(buffered()));
    sum.add(toyStatistic([1, 0]), assignment);
    const forward = () => settledIn(on.clock, aggregator.link.request('accumulator', { task: LINE, round, frame: encodeAccumulator(sum, TOY_LAYOUT.digest) }));
    expect(await thrownBy(forward)).toMatchObject({ code: 'incompatible', retryable: false });
  });
});

it('a coordinator that comes back counts what it had acknowledged as stale as it was, and goes on with the assignments', async () => {
  const [clock, store, disk] = [createVirtualClock(1_000_000), await openSqliteStore(':memory:'), createSimulatedDisk({ random: createRandom(1) })];
  const before = await running(buffered({ concurrency: 3 }, { goal: 2 }), { clock, store, disk });
  const [a, b, c] = [await speaker(before), await speaker(before), await speaker(before)];
  const [fromA, fromB, fromC] = [await a.offer(), await b.offer(), await c.offer()];
  // Version 1 of A and B; then A, which is of version 1, beside C, which is one version behind.
  await a.report(fromA, [2, 0]);
  await b.report(fromB, [4, 0]);
  await a.checkIn();
  const again = await a.offer();
  expect(again.version).toBe(1);
  expect(await c.report(fromC, [0, 4])).toBe('accepted');
  await settledIn(clock, before.coordinator.stop());

  const after = await createVirtualFederation({ clock, store, disk });
  await settledIn(clock, after.coordinator.start());
  expect(after.coordinator.driver(LINE).state()).toMatchObject({ round: 2, reported: 1, open: 1, buffer: { staleness: { total: 1, worst: 1 } } });
  const back = await speaker(after, { keys: a.hand.keys });
  // Offered again with the version that it began from, whose checkpoint is still to be had.
  expect(after.coordinator.driver(LINE).offers(again.checkpoint.digest)).toBe(true);
  expect(await back.offer()).toMatchObject({ assignment: again.assignment, version: 1, checkpoint: again.checkpoint });
  expect(await back.report(again, [0, 8])).toBe('accepted');
  await after.untilRounds(1);
  expect(await weightsOf(after, 1)).toEqual([3, 0]);
  const [x, y] = await weightsOf(after, 2);
  expect(x).toBe(3);
  expect(y).toBeCloseTo((8 + 4 * Math.SQRT1_2) / 2, 6);
  expect(await store.loadRoundKey(LINE, 2)).toBeNull();
  federation = after;
});

it('what counted before a coordinator came back is read for trouble beside what comes after', async () => {
  const [clock, store, disk] = [createVirtualClock(1_000_000), await openSqliteStore(':memory:'), createSimulatedDisk({ random: createRandom(1) })];
  const before = await running(buffered({ concurrency: 2 }, { goal: 2 }), { clock, store, disk });
  const [a, b] = [await speaker(before), await speaker(before)];
  const [fromA, fromB] = [await a.offer(), await b.offer()];
  const frame = encodeReport({ assignment: fromA.assignment, layout: TOY_LAYOUT.digest, statistic: toyStatistic([1, 0], 1, 1.5) });
  expect(await settledIn(clock, a.hand.report(fromA.assignment, frame))).toMatchObject({ outcome: 'accepted' });
  // With the next offer it is stored that the report counts.
  await a.checkIn();
  await a.offer();
  await settledIn(clock, before.coordinator.stop());

  const after = await createVirtualFederation({ clock, store, disk });
  await settledIn(clock, after.coordinator.start());
  const back = await speaker(after, { keys: b.hand.keys });
  await back.offer();
  expect(await back.report(fromB, [0, 1])).toBe('accepted');
  await after.untilRounds(1);
  // Losses of 1.5 and 0.5.
  expect(after.coordinator.driver(LINE).history().rounds).toMatchObject([{ round: 1, medianLoss: 1 }]);
  federation = after;
});
