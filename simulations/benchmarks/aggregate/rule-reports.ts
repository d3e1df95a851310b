/** Reports that a robust rule must see all of: the coordinator's own path from the frames to the rule's result, and the plain one. */
import { aggregationOf, findRule, type AggregationSpec } from '../../../shared/aggregation/registry.ts';
import type { AggregatedSpec, RoundArena } from '../../../server/aggregation/round-arena.ts';
import { createRoundArena } from '../../../server/aggregation/create-round-arena.ts';
import { rowBytes } from '../../../server/aggregation/row-memory.ts';
import { fedavg } from '../../../shared/algorithms/fedavg.ts';
import { trainingFields } from '../../../shared/algorithms/training-fields.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { asAssignmentId } from '../../../shared/ids.ts';
import { checkStatistic } from '../../../shared/statistics/check.ts';
import { decodeReport, encodeReport } from '../../../shared/statistics/report-frame.ts';
import type { StatisticSchema } from '../../../shared/statistics/statistic.ts';
import { plainVectors } from '../../plain-vectors.ts';
import type { BenchmarkRun, Measurement } from '../benchmark.ts';
import { preparedDelta } from '../round/prepared-trainer.ts';
import { benchLayout } from '../round/task.ts';
import { threadMs } from '../simulate/thread-time.ts';
import type { AggregateCase } from './cases.ts';
import { ruleOf } from './rule-of.ts';

const WARM_UP = 1;
/** The plain loops are given so much of each report, and their time is taken that often: it grows with the number of values. */
const PART = 10;

interface Path {
  readonly ours: () => Promise<Float32Array>;
  readonly loops: () => Promise<Float32Array>;
}

export async function measureRule({ reports, values, rule }: AggregateCase & { readonly rule: string }, { runs, signal }: BenchmarkRun): Promise<readonly Measurement[]> {
  const aggregation = ruleOf(rule, reports);
  const whole = pathOf(aggregation, reports, values);
  const part = pathOf(aggregation, reports, Math.ceil(values / PART));
  requireSame(await part.ours(), await part.loops());
  const times = { ours: [] as number[], loops: [] as number[], processor: [] as number[] };
  const residentAfter: number[] = [];
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
  for (let run = -WARM_UP; run < runs; run++) {
    const processor = threadMs();
    const ours = await timed(whole.ours);
    const spent = threadMs();
    const loops = await timed(part.loops);
    if (run >= 0) {
      times.ours.push(ours);
      if (processor !== null && spent !== null) times.processor.push(spent - processor);
      times.loops.push((loops * values) / Math.ceil(values / PART));
    }
    residentAfter.push(process.memoryUsage.rss() / 2 ** 20);
    if (signal.aborted) throw new MurmurError('aborted', 'the time for the case is up', { cause: signal.reason });
  }
  return [
    { metric: 'time', unit: 'ms', samples: times.ours, baseline: times.loops, smallerIsBetter: true },
    // Where others use the machine, too, the clock tells of them.
    ...(times.processor.length === 0 ? [] : [{ metric: 'processor', unit: 'ms', samples: times.processor, smallerIsBetter: true }]),
    // What the coordinator keeps of the reports until the round closes: so much, whatever they say.
    { metric: 'kept', unit: 'MiB', samples: [rowBytes(reports, values) / 2 ** 20], smallerIsBetter: true },
    { metric: 'rss-growth', unit: 'MiB', samples: [residentAfter[residentAfter.length - 1] - residentAfter[0]], smallerIsBetter: true },
  ];
}

function pathOf(aggregation: AggregationSpec, reports: number, values: number): Path {
  const layout = benchLayout(values);
  const schema: StatisticSchema = { fields: fedavg.needs.fields(layout), maxWeight: 10_000, maxNorm: 1e6 };
  const frames = Array.from({ length: reports }, (_, n) =>
    encodeReport({ assignment: asAssignmentId(`bench.1.${n}`), layout: layout.digest, statistic: { weight: 100 + n, fields: { delta: preparedDelta(values, n + 1), ...trainingFields(1, 100 + n) } } }),
  );
  const spec: AggregatedSpec = { aggregation, round: { goal: reports } as AggregatedSpec['round'], privacy: { journal: false } };
  const arena: RoundArena = createRoundArena(spec, schema);
  const inOrder = frames.toSorted((a, b) => (decodeReport(a).assignment < decodeReport(b).assignment ? -1 : 1));
  return {
    async ours() {
      const accumulator = arena.accumulator();
      for (const frame of frames) {
        const report = decodeReport(frame);
        const admitted = arena.admit(report.statistic);
        accumulator.add(admitted.statistic, report.assignment);
        admitted.release();
      }
      const { merged } = await arena.combined(accumulator, { segment: null, last: null, pause: () => Promise.resolve() });
      accumulator.release();
      return merged.fields.delta as Float32Array;
    },
    async loops() {
      const statistics = inOrder.map((frame) => decodeReport(frame).statistic);
      for (const statistic of statistics) checkStatistic(schema, statistic);
      const vectors = plainVectors(statistics.map(({ fields }) => fields.delta as Float32Array), statistics.map(({ weight }) => weight));
      return findRule(aggregation).combine(vectors, aggregationOf({ aggregation }), null);
    },
  };
}

/** Both ways must have come to the same: what differs is rounding. */
function requireSame(ours: Float32Array, loops: Float32Array): void {
  const largest = loops.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const at = ours.findIndex((value, i) => !(Math.abs(value - loops[i]) <= 1e-5 * largest));
  if (at >= 0) throw new MurmurError('internal', `the two ways differ at value ${at}, ${ours[at]} and ${loops[at]}: what was measured is not the same work`);
}
