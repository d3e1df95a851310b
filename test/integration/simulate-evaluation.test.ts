/** Federated evaluation in the simulator: real sessions, real training, on what the simulated edges hold back. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { heldBack } from '../../client/datasets/split.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { dealOut } from '../../simulations/run/dealt-out.ts';
import { readRecord } from '../../simulations/run/read-record.ts';
import type { RecordLine, RoundLine } from '../../simulations/run/record.ts';
import { openRunFolder } from '../../simulations/run/run-folder.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseScenario, type Scenario } from '../../simulations/scenario/scenario.ts';
import { smallScenario } from '../helpers/small-scenario.ts';

const FRACTION = 0.25;
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

function scenarioWith(evaluation: TaskSpecInput['evaluation'], fields: Parameters<typeof smallScenario>[0] = {}): Scenario {
  const { data } = smallScenario().task;
  return parseScenario(smallScenario(fields, { data: { ...data, validation: { fraction: FRACTION } }, evaluation }));
}

async function run(scenario: Scenario, workers = 1): Promise<{ rounds: RoundLine[]; digest: string }> {
  const lines: RecordLine[] = [];
  const { digest } = await simulate(scenario, { seed: 1, workers, onLine: (line) => lines.push(line) });
  return { rounds: lines.filter((line) => line.type === 'round'), digest };
}

describe('edges of a simulation that judge its versions', () => {
  it('do so on what they hold back, without a bit of what is learned being changed', async () => {
    const scenario = scenarioWith({ by: 'label', personalise: { epochs: 2, batchSize: 10, learningRate: 0.05 } }, { rounds: 8 });
    const { plan } = await dealOut({ data: scenario.data!, edges: scenario.edges }, 1);
    const { rounds, digest } = await run(scenario);
    for (const [i, { evaluation, reportedEdges }] of rounds.entries()) {
      const examples = reportedEdges.reduce((sum, edge) => sum + heldBack(plan.parts[edge].length, FRACTION), 0);
      const judging = reportedEdges.filter((edge) => heldBack(plan.parts[edge].length, FRACTION) > 0).length;
      expect(evaluation).toMatchObject({ version: i, shared: { edges: judging, examples }, personal: { edges: judging, examples } });
      const { shared } = evaluation!;
      expect(Object.values(shared.strata!).reduce((sum, { edges }) => sum + edges, 0)).toBe(judging);
      expect(shared.worstDecile).toBeLessThanOrEqual(shared.mean);
      expect(shared.bestDecile).toBeGreaterThanOrEqual(shared.mean);
    }
    // Four classes, of which an edge holds few: a net that was never trained is at chance, and what an edge makes of it is better at its own classes.
    const [first, last] = [rounds[0].evaluation!, rounds[7].evaluation!];
    expect(first.shared.accuracy).toBeLessThan(0.5);
    expect(last.shared.accuracy).toBeGreaterThan(0.75);
    expect(first.personal!.mean).toBeGreaterThan(first.shared.mean);
    // The same seed, the same digest: with an evaluation or without, on one worker or on two.
    expect((await run(scenarioWith(null, { rounds: 8 }))).digest).toBe(digest);
    expect(await run(scenario, 2).then(({ rounds: other }) => other.map(({ evaluation }) => evaluation))).toEqual(rounds.map(({ evaluation }) => evaluation));
  });

  it('leave what they found in the record and in TensorBoard’s files', async () => {
    const path = await mkdtemp(join(tmpdir(), 'murmuration-evaluation-'));
    folders.push(path);
    const scenario = scenarioWith({ everyVersions: 2 }, { rounds: 3 });
    const folder = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    await simulate(scenario, { seed: 1, workers: 1, folder: folder.state, onLine: (line) => folder.append(line) }).finally(() => folder.close());
    const { rounds } = await readRecord(path);
    expect(rounds.map(({ evaluation }) => evaluation?.version)).toEqual([0, undefined, 2]);
    const written = await folderText(join(path, 'tensorboard/by-round'));
    for (const tag of ['edges/accuracy', 'edges/worst tenth', 'edges/best tenth', 'edges/deviation']) expect(written).toContain(tag);
  });
});

async function folderText(path: string): Promise<string> {
  const texts = await Promise.all((await readdir(path)).map((name) => readFile(join(path, name), 'latin1')));
  return texts.join('');
}
