/** SCAFFOLD through the real coordinator: the server's control variate reaches the edges, and theirs outlive a session. */
import { afterEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import type { EdgeStateStore } from '../../client/edge/edge-state-store.ts';
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import { asTaskId, type TaskId } from '../../shared/ids.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { decodeCheckpoint, decodeServerState } from '../../shared/tensors/checkpoint.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';
import { createVirtualFederation, toySpec, type EdgeSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const SPEC = toySpec({ algorithm: { name: 'scaffold', epochs: 2, batchSize: null, learningRate: 0.125, edges: 2 }, round: { goal: 2, minimum: 2, overSelection: 1, selectionSeconds: 1, retrySeconds: 1, absenceSeconds: 1 } });

let federation: VirtualFederation;
afterEach(() => federation?.stop());

function memory(): EdgeStateStore & { readonly states: Map<TaskId, EdgeState> } {
  const states = new Map<TaskId, EdgeState>();
  return { states, load: (task) => Promise.resolve(states.get(task) ?? null), save: (task, state) => Promise.resolve(void states.set(task, state)) };
}

async function version(number: number): Promise<{ readonly weights: number[]; readonly control: number[]; readonly numbers: Readonly<Record<string, number>> }> {
  const record = await federation.store.getVersion(LINE, number);
  const { values } = decodeCheckpoint(await federation.blobs.get(record!.checkpoint)).parameters;
  const { vectors, numbers } = decodeServerState(await federation.blobs.get(record!.serverState), values);
  return { weights: [...values], control: [...vectors.control], numbers };
}

describe('an algorithm whose edges remember', () => {
  it('goes by the numbers worked out for it, over the wire and through a restart of an edge', async () => {
    federation = await createVirtualFederation();
    await federation.coordinator.createTask(SPEC);
    await federation.coordinator.startTask(LINE);
    const edges: EdgeSettings[] = [
      { examples: [[1, 8], [1, 8]], state: memory(), identity: generateKeyPair() },
      { examples: [[1, 0], [-1, 0]], state: memory(), identity: generateKeyPair() },
    ];
    const [first] = edges.map(federation.addEdge);
    await federation.untilRounds(1);
    let left = false;
    void first.session.stop().then(() => (left = true));
    expect(await federation.clock.runUntil(() => left)).toBe(true);
    const committed = (): number => federation.rounds.filter(({ outcome }) => outcome === 'committed').length;
    federation.addEdge(edges[0]);
    expect(await federation.clock.runUntil(() => committed() >= 2)).toBe(true);
    // As in the algorithm's own test, where both were there all the time.
    expect(await version(1)).toMatchObject({ weights: [1.5, 1.5], control: [-12, -12], numbers: { begun: 2 } });
    expect(await version(2)).toMatchObject({ weights: [2.203125, 2.203125], control: [-5.625, -5.625], numbers: { begun: 2 } });
    expect((await federation.store.getVersion(LINE, 2))?.metrics.begun).toBe(0);
  });

  it('is none for peers without a server', () => {
    expect(() => parseGossipTask(toyGossipTask({ algorithm: { name: 'feddyn', epochs: 1, batchSize: null, learningRate: 0.1, alpha: 0.1, edges: 2 } }))).toThrow(/use fedavg or fedprox/);
  });
});
