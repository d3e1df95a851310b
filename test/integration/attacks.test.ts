/** Scenarios in which some edges attack: what the plain mean makes of it, what a rule does, and that the seed alone decides. */
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../simulations/run/read-record.ts';
import { openRunFolder } from '../../simulations/run/run-folder.ts';
import type { RecordLine, ResultLine } from '../../simulations/run/record.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { findScenario } from '../../simulations/scenario/find-scenario.ts';
import { parseScenario, type Scenario, type ScenarioInput } from '../../simulations/scenario/scenario.ts';
import { ROBUST_ATTACKS, ROBUST_PERCENTS, ROBUST_RULES } from '../../simulations/scenarios/robust-cells.ts';
import { mnistContract } from '../../simulations/datasets/mnist.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallScenario } from '../helpers/small-scenario.ts';

/** Ten edges, all of them in each round, two of which attack. */
function hostile(aggregation: NonNullable<ScenarioInput['task']['aggregation']>, attack: NonNullable<ScenarioInput['attackers']>['attack'] | null, rounds = 15): Scenario {
  return parseScenario(smallScenario(
    { edges: 10, rounds, data: { dataset: smallScenario().data?.dataset ?? { name: 'blobs' }, partition: { name: 'iid' } }, ...(attack ? { attackers: { edges: [1, 6], attack } } : {}) },
    { aggregation, round: { goal: 10, minimum: 10, overSelection: 1, selectionSeconds: 1 } },
  ));
}

async function run(scenario: Scenario, workers = 1): Promise<{ lines: RecordLine[]; result: ResultLine }> {
  const lines: RecordLine[] = [];
  const result = await simulate(scenario, { seed: 1, workers, onLine: (line) => lines.push(line) });
  return { lines, result };
}

describe('two of ten that send their update backwards and five times as long', () => {
  it('ruin the mean, and not the rules', async () => {
    const attack = { name: 'sign-flip', scale: 5 } as const;
    const clean = (await run(hostile({ rule: 'mean' }, null))).result.accuracy ?? 0;
    expect(clean).toBeGreaterThan(0.85);
    expect((await run(hostile({ rule: 'mean' }, attack))).result.accuracy).toBeLessThan(0.5);
    for (const rule of ['median', 'multi-krum'] as const) {
      expect((await run(hostile({ rule, attackers: 2 }, attack))).result.accuracy, rule).toBeGreaterThan(clean - 0.05);
    }
  }, 120_000);
});

describe('what attackers do', () => {
  it.each(['alie', 'gaussian'] as const)('hangs on the seed alone: %s gives the same digest with one worker and two', async (name) => {
    const scenario = hostile({ rule: 'multi-krum', attackers: 2 }, { name }, 3);
    const [one, two] = [await run(scenario, 1), await run(scenario, 2)];
    expect(two.result.digest).toBe(one.result.digest);
    expect(one.result.digest).not.toBe((await run(hostile({ rule: 'multi-krum', attackers: 2 }, null, 3))).result.digest);
    expect(one.lines[0]).toMatchObject({ type: 'run', attackers: [1, 6] });
  }, 120_000);

  it('opens a backdoor, which is judged beside the accuracy and stands in the record', async () => {
    const scenario = (fraction: number): Scenario => parseScenario({
      name: 'backdoor',
      task: {
        model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 }, data: mnistContract({ flat: true }),
        algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 }, round: { goal: 5, minimum: 5, overSelection: 1, selectionSeconds: 1 },
      },
      data: { dataset: { name: 'mnist' }, partition: { name: 'iid' } }, edges: 100, rounds: 3, server: { evaluateOn: 1250 },
      attackers: { fraction, attack: { name: 'backdoor', target: 3 } },
    });
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-attacks-'));
    try {
      const record = await openRunFolder(folder, { scenario: scenario(1), seed: 1, fresh: false });
      const all = await simulate(scenario(1), { seed: 1, workers: 1, folder: record.state, onLine: (line) => record.append(line) }).finally(() => record.close());
      expect(all.attackSuccess).toBeGreaterThan(0.8);
      expect(all.accuracy).toBeGreaterThan(0.8);
      const read = await readRecord(folder);
      expect(read.result?.attackSuccess).toBe(all.attackSuccess);
      expect(read.rounds.map(({ attackSuccess }) => typeof attackSuccess)).toEqual(['number', 'number', 'number']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const none = (await run(scenario(0))).result;
    expect(none.attackSuccess).toBeLessThan(0.1);
  }, 120_000);
});

describe('the cells of the table', () => {
  it('are all there by their names, each with rounds that its rule withstands', async () => {
    for (const rule of ROBUST_RULES) {
      expect((await findScenario(`robust-${rule}`)).name).toBe(`robust-${rule}`);
      for (const attack of Object.keys(ROBUST_ATTACKS)) {
        for (const percent of ROBUST_PERCENTS) {
          const scenario = (await findScenario(`robust-${rule}-${attack}-${percent}`)) as Scenario;
          expect(scenario.attackers).toMatchObject({ fraction: percent / 100, attack: { name: attack } });
          expect(scenario.task.aggregation.rule).toBe(rule);
        }
      }
    }
    await expect(findScenario('robust-mode')).rejects.toMatchObject({ code: 'not_found' });
  });
});
