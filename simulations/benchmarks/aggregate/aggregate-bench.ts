/** From received frames to one sum, or to what a rule makes of all of them, on one core, without any socket or disk: decode, whole check, copy, add. */
import { MurmurError } from '../../../shared/errors.ts';
import type { Benchmark, BenchmarkRun, Measurement } from '../benchmark.ts';
import { parseAggregateCase, type AggregateCase } from './cases.ts';
import type { Contenders } from './contender.ts';
import { floatReports } from './float-reports.ts';
import { quantizedReports } from './quantized-reports.ts';
import { RULE_NAMES } from './rule-of.ts';
import { measureRule } from './rule-reports.ts';

const WARM_UP = 3;

export const aggregateBenchmark: Benchmark = {
  name: 'aggregate',
  summary: 'decoding, checking and adding reports, or combining them by a robust rule; baselines: the same in plain JavaScript loops, and copying the bytes once',
  cases: [
    '10x100k float32', '100x100k float32', '1000x100k float32', '10x1M float32', '100x1M float32', '20x5M float32', '100x1M int8', '100x1M int4',
    ...RULE_NAMES.map((rule) => `100x1M float32 ${rule}`),
  ],
  accepts: (name) => void parseAggregateCase(name),
  plotCases: ['1x100k float32', '1x1M float32', '300x1M float32'],
  defaultRuns: 15,
  // The plain loops of a rule take seconds.
  runsOf: (name) => (parseAggregateCase(name).rule === null ? 15 : 5),
  caseSeconds: 120,
  run: async (name, run) => {
    const shape = parseAggregateCase(name);
    const { rule } = shape;
    if (rule !== null) return measureRule({ ...shape, rule }, run);
    return measure(shape, shape.kind === 'float32' ? floatReports(shape) : quantizedReports(shape), run);
  },
};

function measure({ reports, values }: AggregateCase, contenders: Contenders, { runs, signal }: BenchmarkRun): readonly Measurement[] {
  const times = { ours: [] as number[], loops: [] as number[], copy: [] as number[] };
  const residentAfter: number[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    for (const name of ['ours', 'loops', 'copy'] as const) {
      const begun = performance.now();
      contenders[name]();
      const time = performance.now() - begun;
      if (run >= 0) times[name].push(time);
    }
    if (run === -1) requireSameSum(contenders);
    residentAfter.push(process.memoryUsage.rss() / 2 ** 20);
    if (signal.aborted) throw new MurmurError('aborted', 'the time for the case is up', { cause: signal.reason });
  }
  const perSecond = (ms: number): number => (reports * values) / ms / 1e6;
  return [
    { metric: 'time', unit: 'ms', samples: times.ours, baseline: times.loops, smallerIsBetter: true },
    { metric: 'against-copy', unit: 'ms', samples: times.ours, baseline: times.copy, smallerIsBetter: true },
    { metric: 'values', unit: '1e9/s', samples: times.ours.map(perSecond), baseline: times.loops.map(perSecond), smallerIsBetter: false },
    // Every repetition adds all the reports once more: what grew with their number would show.
    { metric: 'rss-growth', unit: 'MiB', samples: [residentAfter[residentAfter.length - 1] - residentAfter[WARM_UP]], smallerIsBetter: true },
  ];
}

/** Both ways must have added the same, value by value: within the 10^-6 · Σ|w·x| of DESIGN §2. */
function requireSameSum(contenders: Contenders): void {
  const [ours, loops, absolute] = [contenders.sum(), contenders.loopSum(), contenders.absoluteSum()];
  const at = ours.findIndex((value, i) => !(Math.abs(value - loops[i]) <= 1e-6 * absolute[i]));
  if (at >= 0) throw new MurmurError('internal', `the two ways differ at value ${at}, ${ours[at]} and ${loops[at]}: what was measured is not the same work`);
}
