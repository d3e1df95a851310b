/** A task whose rule must see every report: what it commits, what it refuses, what it is refused for. */
import { afterEach, describe, expect, it } from 'vitest';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { openHandEdge, toyReport, toyStatistic, type HandEdge } from '../helpers/hand-edge.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toySchema } from '../helpers/toy-task.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const ROUND = { goal: 3, minimum: 3, overSelection: 1, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60 };
let federation: VirtualFederation | null = null;

afterEach(async () => {
  await federation?.stop();
  federation = null;
});

async function selected(aggregation: NonNullable<TaskSpecInput['aggregation']>): Promise<{ on: VirtualFederation; edges: HandEdge[] }> {
  const on = await createVirtualFederation();
  federation = on;
  await on.coordinator.start();
  await on.coordinator.createTask(toySpec({ round: ROUND, aggregation, stop: { rounds: 2 } }));
  await on.coordinator.startTask(LINE);
  const edges: HandEdge[] = [];
  for (let i = 0; i < 3; i++) {
    const edge = await settledIn(on.clock, openHandEdge(on.connect(), { token: 'enrol' }));
    await settledIn(on.clock, edge.checkIn(LINE));
    edges.push(edge);
  }
  return { on, edges };
}

async function weightsOf(on: VirtualFederation): Promise<number[]> {
  const version = await on.store.latestVersion(LINE);
  return [...decodeCheckpoint(await on.blobs.get(version?.checkpoint ?? ('' as never)), TOY_LAYOUT).parameters.values];
}

describe('a round by the median', () => {
  it('commits the median of what was reported, whatever one of three says and weighs', async () => {
    const { on, edges } = await selected({ rule: 'median', attackers: 1 });
    const deltas = [[1, 2], [-1e9, 1e9], [3, 4]] as const;
    for (const [i, edge] of edges.entries()) {
      const assign = await settledIn(on.clock, edge.nextAssign());
      await settledIn(on.clock, edge.report(assign.assignment, toyReport(assign.assignment, deltas[i], i === 1 ? 1000 : 1)));
    }
    await on.untilRounds(1);
    expect(on.rounds[0]).toMatchObject({ outcome: 'committed', reported: 3 });
    expect(await weightsOf(on)).toEqual([1, 4]);
  });

  it('refuses what an edge aggregator has summed up, and takes the reports by themselves', async () => {
    const { on, edges } = await selected({ rule: 'median' });
    const assigned = [];
    for (const edge of edges) assigned.push((await settledIn(on.clock, edge.nextAssign())).assignment);
    const sum = createAccumulator(toySchema(toySpec()));
    sum.add(toyStatistic([1, 1]), assigned[0]);
    const error = await thrownBy(() => settledIn(on.clock, on.coordinator.drivers()[0].aggregate(1, encodeAccumulator(sum, TOY_LAYOUT.digest))));
    expect(error.code).toBe('incompatible');
    expect(error.message).toMatch(/the rule median must see each report by itself.*; let edges report to the coordinator, or use the rule mean/);
    for (const [i, edge] of edges.entries()) await settledIn(on.clock, edge.report(assigned[i], toyReport(assigned[i], [i, -i])));
    await on.untilRounds(1);
    expect(await weightsOf(on)).toEqual([1, -1]);
  });
});

describe('a task with a rule', () => {
  const refused = async (spec: Partial<TaskSpecInput>): Promise<string> => (await thrownBy(async () => parseTaskSpec(toySpec(spec)))).message;

  it('has the mean where it names none', () => {
    expect(parseTaskSpec(toySpec()).aggregation).toEqual({ rule: 'mean' });
  });

  it('needs rounds of enough reports for the attackers that it is to withstand', async () => {
    expect(await refused({ round: { goal: 9, minimum: 4 }, aggregation: { rule: 'trimmed-mean', attackers: 2 } })).toMatch(
      /round\.minimum: attackers .* the rule trimmed-mean withstands so many where there are 2f \+ 1 = 5 or more in all, and 4 are enough for a round of this task; raise round\.minimum, or lower aggregation\.attackers/,
    );
    expect(parseTaskSpec(toySpec({ round: { goal: 9, minimum: 5 }, aggregation: { rule: 'trimmed-mean', attackers: 2 } })).aggregation).toEqual({ rule: 'trimmed-mean', attackers: 2 });
  });

  it('is refused by the path of what is wrong with it', async () => {
    expect(await refused({ aggregation: { rule: 'trimmed-mean' } as never })).toMatch(/aggregation\.attackers/);
    expect(await refused({ aggregation: { rule: 'mode' } as never })).toMatch(/aggregation\.rule/);
  });
});
