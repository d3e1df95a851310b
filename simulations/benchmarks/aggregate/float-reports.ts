/** Reports of float32 values: the coordinator's own path from the frame on, and the plain one. */
import { fedavg } from '../../../shared/algorithms/fedavg.ts';
import { trainingFields } from '../../../shared/algorithms/training-fields.ts';
import { asAssignmentId } from '../../../shared/ids.ts';
import { createAccumulator, type Accumulator } from '../../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../../shared/statistics/check.ts';
import { createMergeArena } from '../../../shared/statistics/merge-arena.ts';
import { decodeReport, encodeReport } from '../../../shared/statistics/report-frame.ts';
import type { StatisticSchema } from '../../../shared/statistics/statistic.ts';
import { preparedDelta } from '../round/prepared-trainer.ts';
import { benchLayout } from '../round/task.ts';
import type { AggregateCase } from './cases.ts';
import type { Contenders } from './contender.ts';

export function floatReports({ reports, values }: AggregateCase): Contenders {
  const layout = benchLayout(values);
  const schema: StatisticSchema = { fields: fedavg.needs.fields(layout), maxWeight: 10_000, maxNorm: 1e6 };
  const frames = Array.from({ length: reports }, (_, n) =>
    encodeReport({ assignment: asAssignmentId(`bench.1.${n}`), layout: layout.digest, statistic: { weight: 100 + n, fields: { delta: preparedDelta(values, n + 1), ...trainingFields(1, 100 + n) } } }),
  );
  const arena = createMergeArena(schema);
  let ours = arena.accumulator();
  let loops = createAccumulator(schema);
  const copied = new Float32Array(values);
  const sumOf = (accumulator: Accumulator): Float64Array => accumulator.parts().partials.delta.slice();

  return {
    ours() {
      ours.release();
      ours = arena.accumulator();
      for (const frame of frames) {
        const report = decodeReport(frame);
        const admitted = arena.admit(report.statistic);
        ours.add(admitted.statistic, report.assignment);
        admitted.release();
      }
      // The last few reports are folded in when somebody asks.
      ours.parts();
    },
    loops() {
      loops = createAccumulator(schema);
      for (const frame of frames) {
        const { statistic, assignment } = decodeReport(frame);
        checkStatistic(schema, statistic);
        loops.add(statistic, assignment);
      }
    },
    copy() {
      for (const frame of frames) copied.set(new Float32Array(frame.buffer, frame.byteLength - 4 * values - 16, values));
    },
    sum: () => sumOf(ours),
    loopSum: () => sumOf(loops),
    absoluteSum() {
      const sum = new Float64Array(values);
      for (const frame of frames) {
        const { weight, fields } = decodeReport(frame).statistic;
        fields.delta.forEach((value, i) => (sum[i] += Math.abs(weight * value)));
      }
      return sum;
    },
  };
}
