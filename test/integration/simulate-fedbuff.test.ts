/** A simulated task without rounds to wait for: the same to the digest whoever trains, and every report on record. */
import { expect, it } from 'vitest';
import type { RecordLine, RoundLine } from '../../simulations/run/record.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseScenario } from '../../simulations/scenario/scenario.ts';
import { smallScenario } from '../helpers/small-scenario.ts';

const { task, ...rest } = smallScenario({ rounds: 12 });
const scenario = parseScenario({
  ...rest,
  task: { ...task, algorithm: { name: 'fedbuff', epochs: 1, batchSize: 5, learningRate: 0.1, concurrency: 6 }, round: { goal: 3, overSelection: 1, comeBackSeconds: 1 } },
  fleet: { speedSpread: 20 },
});

async function run(workers: number): Promise<readonly RecordLine[]> {
  const lines: RecordLine[] = [];
  await simulate(scenario, { seed: 1, workers, onLine: (line) => lines.push(line) });
  return lines.map((line) => ('wallMs' in line ? { ...line, wallMs: 0 } : 'wallSeconds' in line ? { ...line, wallSeconds: 0 } : line));
}

it('gives the same lines with 1 and 2 workers, and learns by reports of older versions, each with its edge', async () => {
  const one = await run(1);
  expect(await run(2)).toEqual(one);
  const rounds = one.filter((line): line is RoundLine => line.type === 'round' && line.outcome === 'committed');
  expect(rounds.map(({ version }) => version)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  for (const { reported, reportedEdges } of rounds) expect(reportedEdges).toHaveLength(reported);
  // Six at work and three a version: reports of a fleet of unequal speeds cannot all be fresh.
  expect(Math.max(...rounds.map(({ staleness }) => staleness?.worst ?? 0))).toBeGreaterThan(1);
  expect(rounds.at(-1)?.accuracy).toBeGreaterThan(0.5);
});
