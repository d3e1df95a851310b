/** A task without a barrier end to end: the real coordinator and real edge sessions, whose results can be worked out by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { asTaskId } from '../../shared/ids.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
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
