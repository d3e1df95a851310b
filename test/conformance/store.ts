/** What every `Store` promises. Run it over a new implementation with `storeConformance(name, create)`, and `sharedStoreConformance` where it lasts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asDigest, asEdgeId, asTaskId, type TaskId } from '../../shared/ids.ts';
import type { FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import type { TrackRecord } from '../../shared/selection/track-record.ts';
import { TaskSpec } from '../../shared/task/task-spec.ts';
import type { FindingRecord } from '../../server/diagnosis/finding-record.ts';
import type { EdgeRecord, Lease, ParticipationRecord, RoundRecord, Store, TaskRecord, VersionRecord } from '../../server/storage/store.ts';

export interface StoreUnderTest {
  readonly store: Store;
  dispose(): Promise<void>;
}

export interface SharedStoreUnderTest extends StoreUnderTest {
  /** A second view of the same data, as another process has it. */
  openAgain(): Promise<Store>;
}

export function taskRecord(name: string, createdAt = 1000.5): TaskRecord {
  const spec = TaskSpec.parse({
    name,
    description: 'Ziffern — “digits”, 数字',
    model: { topology: { class_name: 'Sequential', config: { name: 's', layers: [{ class_name: 'Dense', config: { units: 10, rate: 1e-7 } }] } }, loss: 'categoricalCrossentropy' },
    data: { kind: 'image', height: 28, width: 28, channels: 1, classes: ['0', '1'] },
    algorithm: { name: 'fedavg', epochs: 1, nested: { list: [1, null, 'x'] } },
    selection: { criteria: { battery: { atLeast: 0.3 } } },
    round: { goal: 8, minimum: 2 },
    stop: { accuracy: 0.97 },
  });
  return { id: asTaskId(name), spec, status: 'created', statusReason: null, createdAt };
}

export function roundRecord(round: number, changes: Partial<RoundRecord> = {}): RoundRecord {
  return {
    round,
    outcome: 'running',
    reason: null,
    startedAt: 1_700_000_000_000.25,
    endedAt: null,
    baseVersion: round - 1,
    version: null,
    eligible: 12,
    selected: 10,
    reported: 0,
    reasons: { 'battery 0.10 < 0.30': 3, 'not-drawn': 2 },
    bytesUp: 0,
    bytesDown: 5_000_000_000,
    phaseMs: { selection: 12.5, configuration: 0 },
    ...changes,
  };
}

export function participation(edge: number, changes: Partial<ParticipationRecord> = {}): ParticipationRecord {
  return { edge: edgeId(edge), assignment: `r1-${edge}`, status: 'assigned', reason: `drawn ${edge} of 12`, examples: 600, at: 1234.5, facts: { probability: 10 / 12 }, ...changes };
}

export function trackRecord(edge: number, changes: Partial<TrackRecord> = {}): TrackRecord {
  return { edge: edgeId(edge), asked: 4, reported: 3, declined: 1, lost: 0, lastAskedRound: 7, lastReportedRound: null, lastReportedAt: null, loss: null, roundMs: null, ...changes };
}

export function versionRecord(version: number, changes: Partial<VersionRecord> = {}): VersionRecord {
  return { version, round: version, checkpoint: digest(version), bytes: 800_000, serverState: digest(version + 100), createdAt: 99.75, metrics: { accuracy: 0.97, loss: 0.1 }, ...changes };
}

/** Fractions that no decimal has exactly, and a group whose name is no identifier. */
export function judgedVersion(): FederatedEvaluation {
  const measures = { edges: 12, examples: 720, loss: 0.1 + 0.2, accuracy: 2 / 3, mean: 0.65, deviation: 0.01 };
  return { shared: { ...measures, worstDecile: 1 / 3, bestDecile: 1, strata: { 'node/wasm': measures } }, personal: { ...measures, worstDecile: 0.5, bestDecile: 1, strata: null } };
}

export const edgeId = (n: number) => asEdgeId(`e${n.toString(16).padStart(20, '0')}`);
const digest = (n: number) => asDigest(n.toString(16).padStart(64, '0'));
const edgeRecord = (n: number, changes: Partial<EdgeRecord> = {}): EdgeRecord => ({ id: edgeId(n), publicKey: n.toString(16).padStart(64, '0'), name: `edge ${n}`, role: 'edge', enrolledAt: 5.5 + n, revokedAt: null, ...changes });

const code = (name: string): unknown => expect.objectContaining({ name: 'MurmurError', code: name });

export function storeConformance(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: Store;
    const task = asTaskId('mnist');

    beforeEach(async () => {
      under = await create();
      store = under.store;
    });
    afterEach(() => under.dispose());

    async function leased(id: TaskId = task, holder = 'a'): Promise<Lease> {
      if ((await store.getTask(id)) === null) await store.createTask(taskRecord(id));
      const lease = await store.acquireLease(id, holder, 1000, 0);
      if (lease === null) throw new Error('the lease is held by somebody else');
      return lease;
    }

    describe('tasks', () => {
      it('have a spec that nobody who reads it can change for others', async () => {
        await store.createTask(taskRecord('mnist'));
        const { spec } = (await store.getTask(task)) as { spec: { model: { loss: string } } };
        // Refused by what is frozen, without an effect on what is a copy.
        Reflect.set(spec.model, 'loss', 'another');
        expect((await store.getTask(task))?.spec).toEqual(taskRecord('mnist').spec);
      });

      it('come back with every field', async () => {
        const record = { ...taskRecord('mnist'), status: 'stopped', statusReason: 'by its owner' } as const;
        await store.createTask(record);
        expect(await store.getTask(task)).toEqual(record);
      });

      it('are listed oldest first', async () => {
        await store.createTask(taskRecord('b', 3));
        await store.createTask(taskRecord('c', 1));
        await store.createTask(taskRecord('a', 3));
        expect((await store.listTasks()).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
      });

      it('are not created twice, and the first stays', async () => {
        await store.createTask(taskRecord('mnist', 1));
        await expect(store.createTask(taskRecord('mnist', 2))).rejects.toEqual(code('conflict'));
        expect((await store.getTask(task))?.createdAt).toBe(1);
      });

      it('are null and not_found where there are none', async () => {
        expect(await store.getTask(task)).toBeNull();
        expect(await store.listTasks()).toEqual([]);
        await expect(store.acquireLease(task, 'a', 1000, 0)).rejects.toEqual(code('not_found'));
      });

      it('change their status alone', async () => {
        await store.createTask(taskRecord('mnist'));
        const lease = await leased();
        await store.saveTransition(lease, { state: null, status: { status: 'finished', reason: 'accuracy 0.97 reached' } });
        expect(await store.getTask(task)).toEqual({ ...taskRecord('mnist'), status: 'finished', statusReason: 'accuracy 0.97 reached' });
        expect(await store.loadState(task)).toBeNull();
        await store.saveTransition(lease, { state: null, status: { status: 'running', reason: null } });
        expect(await store.getTask(task)).toEqual({ ...taskRecord('mnist'), status: 'running' });
      });
    });

    describe('leases', () => {
      beforeEach(() => store.createTask(taskRecord('mnist')));

      it('are one holder’s until they expire', async () => {
        expect(await store.acquireLease(task, 'a', 1000, 500.5)).toEqual({ task, holder: 'a', fence: 1, expiresAt: 1500.5 });
        expect(await store.acquireLease(task, 'b', 1000, 1500)).toBeNull();
        expect(await store.acquireLease(task, 'b', 1000, 1500.5)).toEqual({ task, holder: 'b', fence: 2, expiresAt: 2500.5 });
      });

      it('give the same holder a new fence, which makes the old one stale', async () => {
        const old = await leased();
        const young = await leased();
        expect(young.fence).toBe(old.fence + 1);
        await expect(store.renewLease(old, 1000, 1)).rejects.toEqual(code('lease_lost'));
        await expect(store.saveTransition(old, { state: 1 })).rejects.toEqual(code('lease_lost'));
        await store.saveTransition(young, { state: 2 });
        expect(await store.loadState(task)).toBe(2);
      });

      it('are renewed while nobody else took them, expired or not', async () => {
        const lease = await leased();
        const renewed = await store.renewLease(lease, 1000, 900);
        expect(renewed).toEqual({ ...lease, expiresAt: 1900 });
        expect(await store.acquireLease(task, 'b', 1000, 1899)).toBeNull();
        expect(await store.renewLease(renewed, 1000, 5000)).toEqual({ ...lease, expiresAt: 6000 });
        expect((await store.acquireLease(task, 'b', 1000, 6000))?.fence).toBe(2);
        await expect(store.renewLease(renewed, 1000, 6001)).rejects.toEqual(code('lease_lost'));
      });

      it('are free once given back, and never issue a fence twice', async () => {
        const lease = await leased();
        await store.releaseLease(lease);
        await expect(store.renewLease(lease, 1000, 1)).rejects.toEqual(code('lease_lost'));
        await expect(store.saveTransition(lease, { state: 1 })).rejects.toEqual(code('lease_lost'));
        const next = await store.acquireLease(task, 'b', 1000, 1);
        expect(next?.fence).toBe(2);
        // A lost lease that is given back takes nothing from the new holder.
        await store.releaseLease(lease);
        expect(await store.acquireLease(task, 'c', 1000, 2)).toBeNull();
      });

      it('are counted for each task by itself', async () => {
        await store.createTask(taskRecord('other'));
        expect((await store.acquireLease(task, 'a', 1000, 0))?.fence).toBe(1);
        expect((await store.acquireLease(asTaskId('other'), 'b', 1000, 0))?.fence).toBe(1);
      });

      it('that were overtaken change nothing at all', async () => {
        const old = await leased();
        await store.saveTransition(old, { state: { step: 1 } });
        await store.acquireLease(task, 'b', 1000, 1000);
        const refused = store.saveTransition(old, {
          state: { step: 2 },
          round: roundRecord(1),
          participations: [participation(1)],
          tracks: [trackRecord(1)],
          samplerMemory: { round: 1 },
          version: versionRecord(1),
          status: { status: 'finished', reason: 'wrong' },
          roundKey: { round: 1, key: new Uint8Array(32) },
        });
        await expect(refused).rejects.toEqual(code('lease_lost'));
        expect(await store.loadState(task)).toEqual({ step: 1 });
        expect(await store.getRound(task, 1)).toBeNull();
        expect(await store.listParticipations(task, 1)).toEqual([]);
        expect(await store.listTracks(task)).toEqual([]);
        expect(await store.loadSamplerMemory(task)).toBeNull();
        expect(await store.latestVersion(task)).toBeNull();
        expect(await store.loadRoundKey(task, 1)).toBeNull();
        expect((await store.getTask(task))?.status).toBe('created');
      });
    });

    describe('transitions', () => {
      it('keep the state as it was', async () => {
        const lease = await leased();
        expect(await store.loadState(task)).toBeNull();
        const state = { phase: 'reporting', open: { a: [1, 2.5, -3e-9] }, none: null, yes: true, text: 'ä\u0000"' };
        await store.saveTransition(lease, { state });
        expect(await store.loadState(task)).toEqual(state);
        await store.saveTransition(lease, { state: null });
        expect(await store.loadState(task)).toBeNull();
      });

      it('keep all that they bring', async () => {
        const lease = await leased();
        const key = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
        const round = roundRecord(1, { outcome: 'committed', endedAt: 3.5, version: 1, reported: 8, bytesUp: 2 ** 40 });
        const aborted = roundRecord(2, { outcome: 'aborted', reason: '1 report of 2 at the deadline', reasons: {}, phaseMs: {} });
        await store.saveTransition(lease, { state: 1, round, participations: [participation(1), participation(2, { assignment: null, status: 'rejected', examples: null })], version: versionRecord(1), status: { status: 'running', reason: 'started' }, roundKey: { round: 1, key } });
        await store.saveTransition(lease, { state: 2, round: aborted });
        expect(await store.getRound(task, 1)).toEqual(round);
        expect(await store.getRound(task, 2)).toEqual(aborted);
        expect(await store.getRound(task, 3)).toBeNull();
        expect(await store.listParticipations(task, 1)).toEqual([participation(1), participation(2, { assignment: null, status: 'rejected', examples: null })]);
        expect(await store.getVersion(task, 1)).toEqual(versionRecord(1));
        expect(await store.loadRoundKey(task, 1)).toEqual(key);
        expect((await store.getTask(task))?.statusReason).toBe('started');
      });

      it('replace a round and a participation that are stored', async () => {
        const lease = await leased();
        await store.saveTransition(lease, { state: 1, round: roundRecord(1), participations: [participation(1), participation(2)] });
        await store.saveTransition(lease, { state: 2, round: roundRecord(1, { reported: 1 }), participations: [participation(1, { status: 'reported', reason: 'accepted', at: 77 })] });
        expect((await store.getRound(task, 1))?.reported).toBe(1);
        expect(await store.listParticipations(task, 1)).toEqual([participation(1, { status: 'reported', reason: 'accepted', at: 77 }), participation(2)]);
      });

      it('tell the assignments of one edge apart, and having none', async () => {
        const lease = await leased();
        const none = participation(1, { assignment: null, status: 'not-drawn' });
        await store.saveTransition(lease, { state: 1, round: roundRecord(1), participations: [none, participation(1), participation(1, { assignment: 'r1-9' })] });
        await store.saveTransition(lease, { state: 2, participations: [{ ...none, status: 'rejected' }] });
        expect(await store.listParticipations(task, 1)).toEqual([{ ...none, status: 'rejected' }, participation(1), participation(1, { assignment: 'r1-9' })]);
      });

      it('are found one by one, by edge and assignment: the newest', async () => {
        const lease = await leased();
        await store.saveTransition(lease, { state: 1, round: roundRecord(1), participations: [participation(1), participation(2)] });
        await store.saveTransition(lease, { state: 2, round: roundRecord(2), participations: [participation(1, { status: 'lost' })] });
        const { edge, assignment } = participation(1);
        expect(await store.newestParticipation(task, edge, assignment ?? '')).toEqual(participation(1, { status: 'lost' }));
        const other = participation(2);
        expect(await store.newestParticipation(task, other.edge, other.assignment ?? '')).toEqual(other);
        expect(await store.newestParticipation(task, other.edge, assignment ?? '')).toBeNull();
      });

      it('tell which assignment of an edge is in a version: the newest of a committed round, since a model was adopted', async () => {
        const lease = await leased();
        const { edge } = participation(1);
        expect(await store.lastCounted(task, edge)).toBeNull();
        const reported = (round: number): ParticipationRecord => participation(1, { assignment: `${task}.${round}.0`, status: 'reported' });
        for (const [round, outcome, status] of [[1, 'committed', 'reported'], [2, 'committed', 'reported'], [3, 'committed', 'lost'], [4, 'aborted', 'reported'], [5, 'running', 'reported']] as const) {
          await store.saveTransition(lease, { state: round, round: roundRecord(round, { outcome }), participations: [{ ...reported(round), status }, participation(2, { status: 'lost' })] });
        }
        expect(await store.lastCounted(task, edge)).toBe(`${task}.2.0`);
        expect(await store.lastCounted(task, participation(2).edge)).toBeNull();
        await store.saveTransition(lease, { state: 6, version: versionRecord(9, { round: 5, origin: 'elsewhere' }) });
        expect(await store.lastCounted(task, edge)).toBeNull();
        await store.saveTransition(lease, { state: 7, round: roundRecord(6, { outcome: 'committed' }), participations: [reported(6)] });
        expect(await store.lastCounted(task, edge)).toBe(`${task}.6.0`);
      });

      it('are stored for several rounds by one transition, whole or not at all', async () => {
        const lease = await leased();
        const key = new Uint8Array(32).fill(7);
        await store.saveTransition(lease, { state: 1, alongside: [{ round: roundRecord(1), participations: [participation(1)], roundKey: { round: 1, key } }, { roundKey: { round: 2, key } }] });
        await store.saveTransition(lease, { state: 2, alongside: [{ round: roundRecord(1, { outcome: 'committed' }), roundKey: { round: 1, key: null } }, { round: roundRecord(2), participations: [participation(2)] }] });
        expect(await store.listRounds(task, { limit: 9 })).toEqual([roundRecord(2), roundRecord(1, { outcome: 'committed' })]);
        expect(await store.listParticipations(task, 1)).toEqual([participation(1)]);
        expect(await store.listParticipations(task, 2)).toEqual([participation(2)]);
        expect([await store.loadRoundKey(task, 1), await store.loadRoundKey(task, 2)]).toEqual([null, key]);
        const stale = { ...lease, fence: lease.fence - 1 };
        await expect(store.saveTransition(stale, { state: 3, alongside: [{ round: roundRecord(3) }] })).rejects.toMatchObject({ code: 'lease_lost' });
        expect(await store.getRound(task, 3)).toBeNull();
      });

      it('keep the facts of each decision, which later transitions leave as they are or replace', async () => {
        const lease = await leased();
        const failed = participation(2, { assignment: null, status: 'rejected', facts: { failed: { criterion: 'battery', value: 0.14, threshold: 0.3 } } });
        const drawn = participation(1, { facts: { scores: { quantity: 1 / 3, fairness: 1e-9 }, score: 0.25, probability: null, draw: 1e300, penalties: ['metered ×0.5'], tier: 2, stratum: 'browser/wasm', part: 'others' } });
        await store.saveTransition(lease, { state: 1, round: roundRecord(1), participations: [failed, drawn, participation(3, { facts: null })] });
        await store.saveTransition(lease, { state: 2, participations: [participation(1, { status: 'reported', facts: null }), participation(3, { facts: { rank: 7 } })] });
        expect((await store.listParticipations(task, 1)).map(({ facts }) => facts)).toEqual([failed.facts, drawn.facts, { rank: 7 }]);
      });

      it('keep the sampler’s memory until another comes', async () => {
        const lease = await leased();
        expect(await store.loadSamplerMemory(task)).toBeNull();
        await store.saveTransition(lease, { state: 1 });
        expect(await store.loadSamplerMemory(task)).toBeNull();
        const memory = { round: 3, credits: [1, 0], asked: [['e1', 20]], preferredMs: null };
        await store.saveTransition(lease, { state: 2, samplerMemory: memory });
        await store.saveTransition(lease, { state: 3 });
        expect([await store.loadState(task), await store.loadSamplerMemory(task)]).toEqual([3, memory]);
      });

      it('keep one track record an edge and task, the newest', async () => {
        const lease = await leased();
        const other = await leased(asTaskId('other'));
        expect(await store.listTracks(task)).toEqual([]);
        const full = trackRecord(2, { loss: 0.1 + 0.2, roundMs: 1234.5, lastReportedRound: 3, lastReportedAt: 1_700_000_000_000.25 });
        await store.saveTransition(lease, { state: 1, tracks: [full, trackRecord(1)] });
        await store.saveTransition(other, { state: 1, tracks: [trackRecord(1, { lost: 5 })] });
        await store.saveTransition(lease, { state: 2, tracks: [trackRecord(1, { asked: 9, reported: 8 })] });
        await store.saveTransition(lease, { state: 3, tracks: [] });
        expect(await store.listTracks(task)).toEqual([trackRecord(1, { asked: 9, reported: 8 }), full]);
        expect(await store.listTracks(asTaskId('other'))).toEqual([trackRecord(1, { lost: 5 })]);
      });

      it('keep findings, one a reading, subject and round in which it was found, the newest', async () => {
        const lease = await leased();
        const finding = (fields: Partial<FindingRecord> = {}): FindingRecord => ({
          reading: 'edge-loss', subject: edgeId(1), what: 'its loss is “high”', since: 2, sure: 'likely', evidence: { 'times the others’ loss': 0.1 + 0.2 }, edges: [edgeId(1)],
          remedies: ['look at its labels'], lines: [{ name: 'loss', points: [[1, 2.5], [2, 1 / 3]] }], foundIn: 3, lastIn: 3, overIn: null, ...fields,
        });
        await store.saveTransition(lease, { state: {}, findings: [finding({ subject: '', foundIn: 5, lastIn: 5 }), finding(), finding({ reading: 'divergence' })] });
        await store.saveTransition(lease, { state: {}, findings: [finding({ lastIn: 6, overIn: 7 }), finding({ foundIn: 9, lastIn: 9 })] });
        expect(await store.listFindings(task, { standing: false })).toEqual([finding({ reading: 'divergence' }), finding({ lastIn: 6, overIn: 7 }), finding({ subject: '', foundIn: 5, lastIn: 5 }), finding({ foundIn: 9, lastIn: 9 })]);
        expect(await store.listFindings(task, { standing: true })).toEqual([finding({ reading: 'divergence' }), finding({ subject: '', foundIn: 5, lastIn: 5 }), finding({ foundIn: 9, lastIn: 9 })]);
        expect(await store.listFindings(asTaskId('other'), { standing: false })).toEqual([]);
      });

      it('without a round put participations into the newest', async () => {
        const lease = await leased();
        await expect(store.saveTransition(lease, { state: 1, participations: [participation(1)] })).rejects.toEqual(code('internal'));
        await store.saveTransition(lease, { state: 1, round: roundRecord(2) });
        await store.saveTransition(lease, { state: 1, round: roundRecord(1) });
        await store.saveTransition(lease, { state: 1, participations: [participation(3)] });
        expect(await store.listParticipations(task, 1)).toEqual([]);
        expect(await store.listParticipations(task, 2)).toEqual([participation(3)]);
      });

      it('keep what edges found of a version with it, whatever is measured of it later', async () => {
        const lease = await leased();
        const found = judgedVersion();
        await store.saveTransition(lease, { state: 1, version: versionRecord(1) });
        expect((await store.getVersion(task, 1))?.evaluation).toBeUndefined();
        await store.saveTransition(lease, { state: 2, version: versionRecord(2), evaluated: { version: 1, evaluation: found } });
        await store.saveTransition(lease, { state: 3, version: versionRecord(1, { metrics: { accuracy: 0.5 } }) });
        expect(await store.getVersion(task, 1)).toEqual({ ...versionRecord(1, { metrics: { accuracy: 0.5 } }), evaluation: found });
        expect(await store.latestVersion(task)).toEqual(versionRecord(2));
        await expect(store.saveTransition(lease, { state: 4, evaluated: { version: 7, evaluation: found } })).rejects.toEqual(code('not_found'));
        expect(await store.loadState(task)).toBe(3);
      });

      it('give names to versions, which move and are a task’s own', async () => {
        const lease = await leased();
        const other = await leased(asTaskId('other'));
        expect(await store.listLabels(task)).toEqual({});
        for (const n of [1, 2]) await store.saveTransition(lease, { state: n, version: versionRecord(n), labels: { best: n, [`v-${n}`]: n } });
        await store.saveTransition(other, { state: 1, version: versionRecord(7), labels: { best: 7 } });
        expect(await store.listLabels(task)).toEqual({ best: 2, 'v-1': 1, 'v-2': 2 });
        await store.saveTransition(lease, { state: 3, labels: { best: 1 } });
        expect(await store.listLabels(task)).toEqual({ best: 1, 'v-1': 1, 'v-2': 2 });
        await expect(store.saveTransition(lease, { state: 4, labels: { best: 7 } })).rejects.toEqual(code('not_found'));
        expect([await store.loadState(task), await store.listLabels(task)]).toEqual([3, { best: 1, 'v-1': 1, 'v-2': 2 }]);
      });

      it('are whole or not at all', async () => {
        const lease = await leased();
        await store.saveTransition(lease, { state: 1, version: versionRecord(1) });
        // The version is refused last: what was written before it must be gone.
        const refused = store.saveTransition(lease, { state: 2, round: roundRecord(1), participations: [participation(1)], version: versionRecord(1, { checkpoint: asDigest('f'.repeat(64)) }) });
        await expect(refused).rejects.toEqual(code('conflict'));
        expect(await store.loadState(task)).toBe(1);
        expect(await store.getRound(task, 1)).toBeNull();
        expect(await store.listParticipations(task, 1)).toEqual([]);
        expect(await store.getVersion(task, 1)).toEqual(versionRecord(1));
      });

      it('take a thousand participations', async () => {
        const lease = await leased();
        const many = Array.from({ length: 1000 }, (_, i) => participation(i));
        await store.saveTransition(lease, { state: 1, round: roundRecord(1), participations: many });
        expect(await store.listParticipations(task, 1)).toEqual(many);
      });

      it('of two tasks stay apart', async () => {
        const lease = await leased();
        const other = await leased(asTaskId('other'));
        await store.saveTransition(lease, { state: 'one', round: roundRecord(1, { selected: 1 }), participations: [participation(1)] });
        await store.saveTransition(other, { state: 'two', round: roundRecord(1, { selected: 2 }), participations: [participation(2)] });
        expect([await store.loadState(task), await store.loadState(asTaskId('other'))]).toEqual(['one', 'two']);
        expect((await store.getRound(task, 1))?.selected).toBe(1);
        expect(await store.listParticipations(asTaskId('other'), 1)).toEqual([participation(2)]);
      });
    });

    describe('round keys', () => {
      it('are null before they are set and after they are destroyed', async () => {
        const lease = await leased();
        expect(await store.loadRoundKey(task, 1)).toBeNull();
        await store.saveTransition(lease, { state: 1, roundKey: { round: 1, key: new Uint8Array(32).fill(7) } });
        await store.saveTransition(lease, { state: 1, roundKey: { round: 2, key: new Uint8Array(32).fill(8) } });
        await store.saveTransition(lease, { state: 2, roundKey: { round: 1, key: null } });
        expect(await store.loadRoundKey(task, 1)).toBeNull();
        expect(await store.loadRoundKey(task, 2)).toEqual(new Uint8Array(32).fill(8));
        await store.saveTransition(lease, { state: 3, roundKey: { round: 1, key: null } });
      });
    });

    describe('rounds and versions', () => {
      it('are listed newest first, a page at a time', async () => {
        const lease = await leased();
        for (const n of [1, 2, 10, 9]) await store.saveTransition(lease, { state: n, round: roundRecord(n), version: versionRecord(n) });
        expect((await store.listRounds(task, { limit: 3 })).map(({ round }) => round)).toEqual([10, 9, 2]);
        expect((await store.listRounds(task, { limit: 3, before: 2 })).map(({ round }) => round)).toEqual([1]);
        expect((await store.listVersions(task, { limit: 2 })).map(({ version }) => version)).toEqual([10, 9]);
        expect((await store.listVersions(task, { limit: 9, before: 9 })).map(({ version }) => version)).toEqual([2, 1]);
        expect(await store.latestVersion(task)).toEqual(versionRecord(10));
        expect(await store.listRounds(asTaskId('none'), { limit: 3 })).toEqual([]);
      });

      it('are summed over all of a task', async () => {
        expect(await store.totals(task)).toEqual({ committed: 0, bytesUp: 0, bytesDown: 0 });
        const lease = await leased();
        for (const n of [1, 2]) await store.saveTransition(lease, { state: n, round: { ...roundRecord(n), outcome: 'committed', bytesUp: 10 * n, bytesDown: 2 ** 40 * n } });
        await store.saveTransition(lease, { state: 3, round: { ...roundRecord(2), outcome: 'committed', bytesUp: 5, bytesDown: 1 } });
        await store.saveTransition(lease, { state: 4, round: { ...roundRecord(3), outcome: 'aborted', version: null, bytesUp: 100, bytesDown: 0 } });
        expect(await store.totals(task)).toEqual({ committed: 2, bytesUp: 115, bytesDown: 2 ** 40 + 1 });
      });

      it('take version 0, and null where there is none', async () => {
        const lease = await leased();
        expect(await store.latestVersion(task)).toBeNull();
        expect(await store.getVersion(task, 0)).toBeNull();
        await store.saveTransition(lease, { state: 1, version: versionRecord(0, { round: 0, metrics: {} }) });
        expect(await store.latestVersion(task)).toEqual(versionRecord(0, { round: 0, metrics: {} }));
      });

      it('take new metrics for a version, also those of a model that diverged', async () => {
        const lease = await leased();
        await store.saveTransition(lease, { state: 1, version: versionRecord(1, { metrics: {} }) });
        const metrics = { loss: Number.NaN, norm: Number.POSITIVE_INFINITY, least: Number.NEGATIVE_INFINITY, accuracy: 0.1 };
        await store.saveTransition(lease, { state: 2, version: versionRecord(1, { metrics }) });
        expect((await store.getVersion(task, 1))?.metrics).toEqual(metrics);
      });
    });

    describe('edges', () => {
      it('come back with every field', async () => {
        const aggregator = edgeRecord(1, { role: 'aggregator', revokedAt: 9.5, name: 'Knoten ß' });
        await store.addEdge(aggregator);
        expect(await store.getEdge(edgeId(1))).toEqual(aggregator);
        expect(await store.getEdge(edgeId(2))).toBeNull();
      });

      it('keep their first key, and a revocation when they enrol again', async () => {
        await store.addEdge(edgeRecord(1));
        await store.revokeEdge(edgeId(1), 50.5);
        await store.addEdge(edgeRecord(1));
        expect((await store.getEdge(edgeId(1)))?.revokedAt).toBe(50.5);
        await expect(store.addEdge(edgeRecord(1, { publicKey: 'ab'.repeat(32) }))).rejects.toEqual(code('conflict'));
        expect((await store.getEdge(edgeId(1)))?.publicKey).toBe(edgeRecord(1).publicKey);
      });

      it('are revoked once', async () => {
        await store.addEdge(edgeRecord(1));
        await store.revokeEdge(edgeId(1), 50);
        await store.revokeEdge(edgeId(1), 60);
        expect((await store.getEdge(edgeId(1)))?.revokedAt).toBe(50);
        await expect(store.revokeEdge(edgeId(2), 60)).rejects.toEqual(code('not_found'));
      });

      it('are listed by id, a page at a time', async () => {
        for (const n of [3, 1, 2]) await store.addEdge(edgeRecord(n));
        const first = await store.listEdges({ limit: 2 });
        expect(first.map(({ id }) => id)).toEqual([edgeId(1), edgeId(2)]);
        expect(await store.listEdges({ limit: 2, after: edgeId(2) })).toEqual([edgeRecord(3)]);
      });
    });

    it('says so when it is closed', async () => {
      await store.close();
      await expect(store.listTasks()).rejects.toEqual(code('unavailable'));
      await store.close();
    });
  });
}

/** What is promised besides where several processes see the same data. */
export function sharedStoreConformance(name: string, create: () => Promise<SharedStoreUnderTest>): void {
  describe(`shared store: ${name}`, () => {
    let under: SharedStoreUnderTest;
    beforeEach(async () => {
      under = await create();
    });
    afterEach(() => under.dispose());

    it('shows the same to a second view, and holds leases against it', async () => {
      const task = asTaskId('mnist');
      const { store } = under;
      await store.createTask(taskRecord(task));
      const lease = await store.acquireLease(task, 'a', 1000, 0);
      if (lease === null) throw new Error('a fresh task is leased already');
      await store.saveTransition(lease, { state: { step: 1 }, round: roundRecord(1), participations: [participation(1)], roundKey: { round: 1, key: new Uint8Array(32).fill(3) } });
      const second = await under.openAgain();
      try {
        expect(await second.loadState(task)).toEqual({ step: 1 });
        expect(await second.getTask(task)).toEqual(taskRecord('mnist'));
        expect(await second.listParticipations(task, 1)).toEqual([participation(1)]);
        expect(await second.loadRoundKey(task, 1)).toEqual(new Uint8Array(32).fill(3));
        expect(await second.acquireLease(task, 'b', 1000, 999)).toBeNull();
        const taken = await second.acquireLease(task, 'b', 1000, 1000);
        expect(taken?.fence).toBe(lease.fence + 1);
        await expect(store.saveTransition(lease, { state: { step: 2 } })).rejects.toEqual(code('lease_lost'));
        if (taken) await second.saveTransition(taken, { state: { step: 3 } });
        expect(await store.loadState(task)).toEqual({ step: 3 });
      } finally {
        await second.close();
      }
    });
  });
}
