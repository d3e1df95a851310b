import { afterEach, describe, expect, it } from 'vitest';
import { loadStanding, NO_STANDING, noteVersion, outOfPatience, type Standing } from '../../server/coordinator/standing.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import { asTaskId } from '../../shared/ids.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpec, TaskSpecInput } from '../../shared/task/task-spec.ts';
import { judgedVersion, taskRecord, versionRecord } from '../conformance/store.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const TABLE = { kind: 'table' as const, features: [{ type: 'numeric' as const, column: 'x' }], validation: { fraction: 0.5 } };

function classTask(patience: NonNullable<TaskSpecInput['stop']>['patience'], evaluation: TaskSpecInput['evaluation'] = {}): TaskSpec {
  const label = { type: 'categorical' as const, column: 'y', values: ['no', 'yes'] };
  return parseTaskSpec(toySpec({ data: { ...TABLE, label }, evaluation, stop: { patience } }));
}

/** Central accuracies of versions 1, 2, … */
const central = (spec: TaskSpec, accuracies: readonly number[]): Standing => accuracies.reduce((standing, accuracy, i) => noteVersion(spec, standing, { version: i + 1, metrics: { accuracy } }), NO_STANDING);
const found = (accuracy: number, personal: number | null = null): FederatedEvaluation => {
  const whole = judgedVersion();
  return { shared: { ...whole.shared, accuracy }, personal: personal === null ? null : { ...whole.shared, accuracy: personal } };
};

describe('the best version so far', () => {
  it('is the first of those that are best by the central evaluation', () => {
    expect(central(classTask(null), [0.5, 0.7, 0.7, 0.6]).best).toEqual({ version: 2, value: 0.7 });
  });

  it('is the one with the lowest loss where labels are numbers, and never one that ran away', () => {
    const spec = parseTaskSpec(toySpec());
    const standing = [NaN, 2, 1, Infinity, 1.5, NaN].reduce((before, loss, i) => noteVersion(spec, before, { version: i + 1, metrics: { loss } }), NO_STANDING);
    expect(standing).toMatchObject({ of: 'central', best: { version: 3, value: 1 }, last: 6 });
  });

  it('is the edges’ where the coordinator says nothing, and the coordinator’s from when it does', () => {
    const spec = classTask(null);
    const byEdges = noteVersion(spec, NO_STANDING, { version: 0, metrics: {}, evaluation: found(0.9) });
    expect(byEdges).toMatchObject({ of: 'federated', best: { version: 0, value: 0.9 } });
    const both = noteVersion(spec, byEdges, { version: 1, metrics: { accuracy: 0.4 } });
    expect(both).toMatchObject({ of: 'central', best: { version: 1, value: 0.4 } });
    expect(noteVersion(spec, both, { version: 1, metrics: {}, evaluation: found(0.95) })).toBe(both);
  });

  it('is by the rule of patience where there is one', () => {
    const spec = classTask({ rounds: 3, of: 'personal' }, { personalise: { learningRate: 0.1 } });
    expect(noteVersion(spec, NO_STANDING, { version: 4, metrics: { accuracy: 1 }, evaluation: found(0.9, 0.6) })).toMatchObject({ of: 'personal', best: { version: 4, value: 0.6 } });
  });
});

describe('the rule of patience', () => {
  const spec = classTask({ rounds: 3 });

  it('ends a task so many versions after the last one that was better', () => {
    expect([[0.5], [0.5, 0.6], [0.5, 0.6, 0.6, 0.55], [0.5, 0.6, 0.6, 0.55, 0.6]].map((accuracies) => outOfPatience(spec, central(spec, accuracies)) !== null)).toEqual([false, false, false, true]);
    expect(outOfPatience(spec, central(spec, [0.5, 0.6, 0.6, 0.55, 0.6]))).toBe('the accuracy of the central evaluation has not got better since version 2, 3 rounds ago; the best version is 2');
    expect(outOfPatience(spec, central(spec, [0.5, 0.6, 0.6, 0.55, 0.61]))).toBeNull();
  });

  it('takes small steps for none, though the best version is the best', () => {
    const coarse = classTask({ rounds: 2, minimumChange: 0.125 });
    const standing = central(coarse, [0.5, 0.55, 0.6]);
    expect(standing).toMatchObject({ best: { version: 3 }, reference: { version: 1 } });
    expect(outOfPatience(coarse, standing)).toContain('not got better since version 1');
    // By more than the least change, all small steps together.
    expect(outOfPatience(coarse, central(coarse, [0.5, 0.6, 0.65]))).toBeNull();
  });

  it('waits where nobody judges', () => {
    const byEdges = classTask({ rounds: 1, of: 'federated' });
    expect(outOfPatience(byEdges, central(byEdges, [0.5, 0.4, 0.3]))).toBeNull();
    expect(outOfPatience(classTask(null), central(classTask(null), [0.5, 0.4, 0.3]))).toBeNull();
  });

  it('is refused where nothing could judge by it', () => {
    const refusedAt = (path: string): unknown => expect.objectContaining({ code: 'bad_task_spec', details: [expect.objectContaining({ path })] });
    expect(() => classTask({ rounds: 3, of: 'federated' }, null)).toThrow(refusedAt('stop.patience.of'));
    expect(() => classTask({ rounds: 3, of: 'personal' })).toThrow(refusedAt('stop.patience.of'));
    expect(() => classTask({ rounds: 3, of: 'federated' }, { everyVersions: 4 })).toThrow(refusedAt('stop.patience.rounds'));
    expect(() => parseTaskSpec(toySpec({ stop: { patience: { rounds: 3 } } }))).toThrow(refusedAt('stop.patience.metric'));
  });
});

describe('a task that is taken up again', () => {
  it('stands where it stood, however many versions it has', async () => {
    const spec = classTask({ rounds: 2000 });
    const store = await openSqliteStore(':memory:');
    await store.createTask({ ...taskRecord('line'), spec });
    const lease = (await store.acquireLease(LINE, 'test', 1e9, 0))!;
    const accuracies = Array.from({ length: 2500 }, (_, i) => (i === 1234 ? 0.9 : (i % 7) / 10));
    for (const [i, accuracy] of accuracies.entries()) await store.saveTransition(lease, { state: i, version: versionRecord(i + 1, { metrics: { accuracy } }) });
    expect(await loadStanding(store, LINE, spec)).toEqual(central(spec, accuracies));
    await store.close();
  });
});

describe('a task with patience, driven', () => {
  let federation: VirtualFederation;
  afterEach(() => federation.stop());

  it('ends when its edges have found no better version for so long, over a stop and a start; the best one has its label', async () => {
    federation = await createVirtualFederation();
    const { coordinator, store, untilRounds } = federation;
    await coordinator.createTask(toySpec({
      data: { ...TABLE, label: { type: 'numeric', column: 'y' } }, algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0 },
      round: { goal: 2, minimum: 2, overSelection: 1, selectionSeconds: 1 }, evaluation: {}, stop: { patience: { rounds: 3, metric: 'loss', of: 'federated' } },
    }));
    await coordinator.startTask(LINE);
    federation.addEdge({ examples: [[1, 8]], heldOut: [[1, 2]] });
    federation.addEdge({ examples: [[2, 0]], heldOut: [[2, 0], [0, 2]] });
    await untilRounds(2);
    expect(await store.listLabels(LINE)).toEqual({ best: 0 });
    await coordinator.stopTask(LINE, 'for a while');
    await coordinator.startTask(LINE);
    // Nothing is learned at a rate of 0: version 3, judged in round 4, is as good as version 0.
    await federation.clock.runUntil(() => coordinator.drivers().length === 0);
    expect((await store.latestVersion(LINE))?.version).toBe(4);
    expect(await store.getTask(LINE)).toMatchObject({ status: 'finished', statusReason: 'the loss on the edges’ held-out examples has not got better since version 0, 3 rounds ago; the best version is 0' });
    expect((await coordinator.liveTasks())[0]).toMatchObject({ version: 4, best: 0 });
  });
});
