/** What one report costs between the edge's numbers and the coordinator's sum, without any socket. */
import { sha256Hex } from '#platform/crypto';
import { asAssignmentId } from '../../../shared/ids.ts';
import { fedavg } from '../../../shared/algorithms/fedavg.ts';
import { trainingFields } from '../../../shared/algorithms/training-fields.ts';
import { CHUNK_BYTES } from '../../../shared/protocol/messages.ts';
import { createAccumulator } from '../../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../../shared/statistics/check.ts';
import { decodeReport, encodeReport } from '../../../shared/statistics/report-frame.ts';
import type { StatisticSchema } from '../../../shared/statistics/statistic.ts';
import type { Benchmark, Measurement } from '../benchmark.ts';
import { parseRoundCase } from '../round/cases.ts';
import { preparedDelta } from '../round/prepared-trainer.ts';
import { benchLayout } from '../round/task.ts';

const WARM_UP = 10;

export const wireBenchmark: Benchmark = {
  name: 'wire',
  summary: 'encoding, cutting, hashing, decoding, checking and merging one report; baseline: copying its bytes once',
  cases: ['1x100k', '1x1M'],
  defaultRuns: 40,
  caseSeconds: 60,
  run: async (name, { runs }) => measure(parseRoundCase(name).parameters, runs),
};

function measure(parameters: number, runs: number): readonly Measurement[] {
  const layout = benchLayout(parameters);
  const schema: StatisticSchema = { fields: fedavg.needs.fields(layout), maxWeight: 1000, maxNorm: null };
  const statistic = { weight: 100, fields: { delta: preparedDelta(parameters, 1), ...trainingFields(1, 100) } };
  const assignment = asAssignmentId('bench.1.0');
  const frame = encodeReport({ assignment, layout: layout.digest, statistic });
  const chunks = cut(frame);
  let accumulator = createAccumulator(schema);

  const steps: Readonly<Record<string, () => unknown>> = {
    encode: () => encodeReport({ assignment, layout: layout.digest, statistic }),
    chunk: () => cut(frame),
    hash: () => sha256Hex(frame),
    assemble: () => joined(chunks, frame.byteLength),
    decode: () => decodeReport(frame),
    check: () => checkStatistic(schema, statistic),
    merge: () => accumulator.add(statistic, assignment),
  };
  const copies: number[] = [];
  const times = new Map(Object.keys(steps).map((name) => [name, [] as number[]]));
  for (let i = -WARM_UP; i < runs; i++) {
    // Emptied outside of the time: an assignment counts once.
    accumulator = createAccumulator(schema);
    const copy = timed(() => frame.slice());
    if (i >= 0) copies.push(copy);
    for (const [name, step] of Object.entries(steps)) {
      const time = timed(step);
      if (i >= 0) times.get(name)?.push(time);
    }
  }
  return [...times].map(([metric, samples]) => ({ metric, unit: 'ms', samples, baseline: copies, smallerIsBetter: true }));
}

function timed(step: () => unknown): number {
  const begun = performance.now();
  step();
  return performance.now() - begun;
}

function cut(frame: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < frame.byteLength; offset += CHUNK_BYTES) chunks.push(frame.subarray(offset, offset + CHUNK_BYTES));
  return chunks;
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
