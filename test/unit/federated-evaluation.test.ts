import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeStateStore, KeptState } from '../../client/edge/edge-state-store.ts';
import { asTaskId, type TaskId } from '../../shared/ids.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createVirtualFederation, toySpec, type ToyEdge, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const spec = (fields: Partial<TaskSpecInput>): TaskSpecInput =>
  toySpec({
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' }, validation: { fraction: 0.5 } },
    round: { goal: 3, minimum: 3, overSelection: 1, selectionSeconds: 1 }, ...fields,
  });

/** What an edge keeps from round to round. */
function memory(): EdgeStateStore {
  const states = new Map<TaskId, readonly KeptState[]>();
  return { load: (task) => Promise.resolve(states.get(task) ?? []), save: (task, kept) => Promise.resolve(void states.set(task, kept)) };
}

let federation: VirtualFederation;
afterEach(() => federation.stop());

/** Three edges: the first two hold examples back, the third none. */
async function begin(fields: Partial<TaskSpecInput>): Promise<VirtualFederation & { readonly edges: readonly ToyEdge[] }> {
  federation = await createVirtualFederation();
  await federation.coordinator.createTask(spec(fields));
  await federation.coordinator.startTask(LINE);
  const edges = [
    federation.addEdge({ examples: [[1, 8]], heldOut: [[1, 2]] }),
    federation.addEdge({ examples: [[2, 0]], heldOut: [[2, 0], [0, 2]] }),
    federation.addEdge({ examples: [[0, 1]] }),
  ];
  return { ...federation, edges };
}

describe('the model that an edge can use', () => {
  it('is the version that it worked on last, where the algorithm makes it none of its own', async () => {
    const { edges, untilRounds } = await begin({ stop: { rounds: 2 } });
    expect(await edges[0].session.ownModel()).toBeNull();
    await untilRounds(2);
    const own = (await edges[0].session.ownModel(LINE))!;
    expect(own).toMatchObject({ task: LINE, version: 1, personal: false });
    const { checkpoint } = (await federation.store.getVersion(LINE, 1))!;
    expect(own.parameters).toEqual(decodeCheckpoint(await federation.blobs.get(checkpoint)).parameters);
    expect(await edges[0].session.ownModel(asTaskId('another'))).toBeNull();
  });
});

describe('evaluation by the edges of a round', () => {
  it('is stored with the version that they went on from, and told with the round', async () => {
    const { store, rounds, untilRounds, coordinator } = await begin({ evaluation: {}, stop: { rounds: 2 } });
    await untilRounds(2);
    // At a = b = 0 the first edge errs by 2 on its one example (loss 4), the second by 0 and 2 (loss 2).
    const found = {
      shared: { edges: 2, examples: 3, loss: 8 / 3, accuracy: null, mean: 3, deviation: 1, worstDecile: 4, bestDecile: 2, strata: null },
      personal: null,
    };
    expect(rounds[0].evaluation).toEqual({ ...found, version: 0 });
    expect((await store.getVersion(LINE, 0))?.evaluation).toEqual(found);
    // What edges found of a version is no measure of the next one.
    expect(Object.keys((await store.getVersion(LINE, 1))!.metrics)).toEqual(['trainLoss', 'examples']);
    expect((await store.getVersion(LINE, 1))?.evaluation?.shared).toMatchObject({ edges: 2, examples: 3 });
    // No round has gone on from the last version.
    expect((await store.getVersion(LINE, 2))?.evaluation).toBeUndefined();
    expect(await coordinator.liveRounds(LINE)).toEqual(rounds);
  });

  it('judges a version where its number is a multiple of the task’s own', async () => {
    const { rounds, untilRounds } = await begin({ evaluation: { everyVersions: 2 }, stop: { rounds: 3 } });
    await untilRounds(3);
    expect(rounds.map(({ evaluation }) => evaluation?.version)).toEqual([0, undefined, 2]);
  });

  it('tells each owner what his edge found', async () => {
    const { untilRounds, edges } = await begin({ evaluation: { everyVersions: 2 }, stop: { rounds: 2 } });
    await untilRounds(2);
    const told = edges.map(({ events }) => events.filter(({ type }) => type === 'evaluated'));
    expect(told).toMatchObject([
      [{ round: 1, version: 0, shared: { examples: 1, loss: 4, accuracy: null }, personal: null }],
      [{ round: 1, version: 0, shared: { examples: 2, loss: 2, accuracy: null }, personal: null }],
      [],
    ]);
  });

  it('changes nothing of what is learned, also where edges train the version further', async () => {
    const weights = async (evaluation: TaskSpecInput['evaluation']): Promise<unknown> => {
      const { store, untilRounds } = await begin({ evaluation, stop: { rounds: 3 } });
      await untilRounds(3);
      const version = await store.getVersion(LINE, 3);
      await federation.stop();
      return [version?.checkpoint, version?.metrics];
    };
    const plain = await weights(null);
    expect(await weights({})).toEqual(plain);
    expect(await weights({ personalise: { epochs: 2, batchSize: null, learningRate: 0.25 } })).toEqual(plain);
    await begin({});
  });

  it('judges what edges make of the version beside the version', async () => {
    const { rounds, untilRounds } = await begin({ evaluation: { personalise: { epochs: 1, batchSize: null, learningRate: 0.125 } }, stop: { rounds: 1 } });
    await untilRounds(1);
    // The first edge goes from (0, 0) to (2, 2): 4 for 2, loss 4. The second has no error to learn from and stays: loss 2.
    expect(rounds[0].evaluation).toMatchObject({ shared: { loss: 8 / 3 }, personal: { edges: 2, examples: 3, loss: 8 / 3, mean: 3 } });
  });

  it('judges the edges’ own models where the algorithm gives them some, whose own part no report carries', async () => {
    federation = await createVirtualFederation();
    const { coordinator, store, rounds, untilRounds } = federation;
    // y = 4·x + 2 and y = 4·x − 2: the slope is shared, the offset stays.
    await coordinator.createTask(spec({ algorithm: { name: 'fedper', head: 'b', epochs: 1, batchSize: null, learningRate: 0.25 }, round: { goal: 2, minimum: 2, overSelection: 1, selectionSeconds: 1 }, evaluation: {}, stop: { rounds: 20 } }));
    await coordinator.startTask(LINE);
    const { session } = federation.addEdge({ examples: [[1, 6], [-1, -2]], heldOut: [[3, 14]], state: memory() });
    federation.addEdge({ examples: [[1, 2], [-1, -6]], heldOut: [[3, 10]], state: memory() });
    await untilRounds(20);
    // Version 0 says 0 of both: 14² and 10². Neither edge has a head of its own yet.
    expect(rounds[0].evaluation).toMatchObject({ version: 0, shared: { edges: 2, loss: 148 }, personal: { edges: 2, loss: 148 } });
    // Round 2 judges version 1: slope 2, and heads of 1 and −1: 14 − 7, 10 − 5.
    expect(rounds[1].evaluation).toMatchObject({ shared: { loss: (8 ** 2 + 4 ** 2) / 2 }, personal: { loss: (7 ** 2 + 5 ** 2) / 2 } });
    // The server's own offset is still 0, 2 off either way.
    expect(rounds[19].evaluation?.shared.loss).toBeCloseTo(4, 3);
    expect(rounds[19].evaluation?.personal?.loss).toBeLessThan(1e-6);
    expect(await store.listLabels(LINE)).toEqual({ best: 19 });
    // What the first edge can use itself: the last version that it was given, with its own offset.
    const own = (await session.ownModel())!;
    expect(own).toMatchObject({ task: LINE, version: 19, personal: true });
    expect([...own.parameters.values]).toEqual([expect.closeTo(4, 4), expect.closeTo(2, 4)]);
    const metrics = (await store.getVersion(LINE, 1))!.metrics;
    expect(metrics).toMatchObject({ begun: 2 });
    expect((await store.getVersion(LINE, 2))!.metrics).toMatchObject({ begun: 0 });
  });
});
