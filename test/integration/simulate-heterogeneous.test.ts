/** Algorithms for unlike data in the simulator: real sessions, training in the pool, edges that do part of their work. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import type { ResultLine, RoundLine } from '../../simulations/run/record.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseScenario, type ScenarioInput } from '../../simulations/scenario/scenario.ts';
import { smallScenario } from '../helpers/small-scenario.ts';

const EDGES = 20;
const local = { epochs: 2, batchSize: 10, learningRate: 0.05 } as const;

interface Ran {
  readonly result: ResultLine;
  readonly rounds: readonly RoundLine[];
  /** Of the versions' reports, how many began from zero; in order. */
  readonly begun: readonly number[];
}

async function run(algorithm: TaskSpecInput['algorithm'], fields: Partial<ScenarioInput> = {}, workers = 1): Promise<Ran> {
  const rounds: RoundLine[] = [];
  const scenario = parseScenario(smallScenario({ rounds: 8, fleet: { stragglers: { share: 0.5 } }, data: { dataset: { name: 'blobs' }, partition: { name: 'dirichlet', alpha: 0.1 } }, ...fields }, { algorithm }));
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-heterogeneous-'));
  try {
    const result = await simulate(scenario, { seed: 1, workers, folder, onLine: (line) => line.type === 'round' && rounds.push(line) });
    const store = await openSqliteStore(`${folder}/murmuration.db`, { durable: false });
    const versions = await store.listVersions(asTaskId(scenario.name), { limit: 100 });
    await store.close();
    return { result, rounds, begun: [...versions].sort((a, b) => a.version - b.version).flatMap(({ metrics }) => metrics.begun ?? []) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a simulation of edges with unlike data, half of them stragglers', () => {
  it.each([
    [{ name: 'fedprox', ...local, mu: 0.1 }],
    [{ name: 'scaffold', ...local, edges: EDGES }],
    [{ name: 'fednova', ...local }],
    [{ name: 'feddyn', ...local, edges: EDGES, alpha: 0.1 }],
    [{ name: 'q-fedavg', ...local, q: 0.5 }],
    [{ name: 'fedadam', ...local, optimizer: { name: 'sgd', momentum: 0.5 }, clipNorm: 5, classWeights: 'balanced' }],
  ] as const)('learns by $name', async (algorithm) => {
    const { result } = await run(algorithm);
    // Four classes.
    expect(result.accuracy).toBeGreaterThan(0.5);
  });

  it('comes to the same digest on one worker and on two, what edges remember and the server gives them among it', async () => {
    const scaffold = { name: 'scaffold', ...local, edges: EDGES };
    const [one, two] = [await run(scaffold), await run(scaffold, {}, 2)];
    expect(two.result.digest).toBe(one.result.digest);
    // Each edge begins once.
    expect(one.begun[0]).toBe(6);
    expect(one.begun.reduce((sum, count) => sum + count, 0)).toBe(new Set(one.rounds.flatMap(({ reportedEdges }) => reportedEdges)).size);
    // Beside the weights the control variate goes down, and comes up again.
    const plain = await run({ name: 'fedavg', ...local });
    expect(one.result.bytesUp / plain.result.bytesUp).toBeGreaterThan(1.5);
    expect(one.result.bytesDown / plain.result.bytesDown).toBeGreaterThan(1.5);
  });

  it('goes on though edges die and the coordinator does, and no edge begins twice for that', async () => {
    const events = [
      { kind: 'edge-crash', edge: 3, atMs: 2500, downMs: 500 },
      { kind: 'crash', power: true, atMs: 6000, when: 'instant', downMs: 1000 },
    ];
    const { result, begun } = await run({ name: 'scaffold', ...local, edges: EDGES }, { faults: { edges: { crashesPerHour: 60, downSeconds: 2 }, events } as ScenarioInput['faults'] });
    expect(result.rounds).toBe(8);
    expect(begun.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(EDGES);
  });

  it('does not go on where it was interrupted, since what its edges remembered is gone', async () => {
    const { rounds } = await run({ name: 'fedavg', ...local }, { rounds: 1 });
    const scenario = parseScenario(smallScenario({}, { algorithm: { name: 'feddyn', ...local, edges: EDGES, alpha: 0.1 } }));
    await expect(simulate(scenario, { seed: 1, workers: 1, before: rounds })).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/20 edges remembered.*feddyn cannot go on.*--fresh/) as string });
  });
});
