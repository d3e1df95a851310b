/**
 * What a simulated round costs: real coordinator, real sessions, live frames, schemas and acknowledgements, on one thread.
 * Cases that learn nothing have all of their clients report in each round; `2nn` trains and evaluates, and its cost beside
 * training is the processor time of the main thread, a client. Of peers in gossip mode a round is one of mixing: each learns nothing,
 * writes to its neighbours, decodes and checks what they write, and averages.
 *
 * The baseline of `100x1M` is a plain loop that adds the same updates to a float64 vector, once after each round.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MurmurError } from '../../../shared/errors.ts';
import { MONOIDS } from '../../../shared/statistics/monoids/registry.ts';
import { simulate } from '../../run/simulate.ts';
import { isGossipScenario } from '../../scenario/gossip-scenario.ts';
import { preparedUpdates } from '../../training/trivial-trainer.ts';
import type { Benchmark, BenchmarkRun, Measurement } from '../benchmark.ts';
import { parseSimulateCase, type SimulateCase } from './cases.ts';
import { enrolMany } from './registered.ts';
import { threadMs } from './thread-time.ts';

const SEED = 1;
const MIB = 2 ** 20;
/** Parameters from which a plain sum is something to compare with. */
const LEAST_SUMMED = 1_000_000;

export const simulateBenchmark: Benchmark = {
  name: 'simulate',
  summary: 'a simulated round, everything but training; baseline of 100x1M: the same updates added in a plain loop',
  cases: ['1000x1k', '100x1k', '100x1M', 'registered-100k', '2nn', 'gossip 1000x1k'],
  accepts: (name) => void parseSimulateCase(name, 1),
  defaultRuns: 30,
  runsOf: (name) => (name === '100x1k' || name === 'registered-100k' ? 100 : name === '2nn' ? 20 : 30),
  caseSeconds: 180,
  run: (name, run) => measure(name, parseSimulateCase(name, run.runs), run),
};

interface Round {
  readonly ms: number;
  readonly cpuMs: number | null;
  /** Reports that counted. */
  readonly clients: number;
  /** Resident memory at its end, bytes. */
  readonly memory: number;
  /** Of the plain sum behind it; null where there is none. */
  readonly plainMs: number | null;
}

async function measure(name: string, plan: SimulateCase, { note, signal }: BenchmarkRun): Promise<readonly Measurement[]> {
  const rounds = (await runRounds(plan, signal)).slice(plan.warmUp);
  const times = rounds.map(({ ms }) => ms);
  const plain = rounds.flatMap(({ plainMs }) => plainMs ?? []);
  const measurements: Measurement[] = [{ metric: 'time', unit: 'ms', samples: times, smallerIsBetter: true, ...(plain.length > 0 ? { baseline: plain } : {}) }];
  if (plan.registered > 0) measurements.push({ metric: 'rounds', unit: '1/s', samples: times.map((ms) => 1000 / ms), smallerIsBetter: false });
  const beside = rounds.flatMap(({ cpuMs, clients }) => (cpuMs === null || clients === 0 ? [] : [cpuMs / clients]));
  if (beside.length > 0) measurements.push({ metric: 'cost-beside-training', unit: 'ms', samples: beside, smallerIsBetter: true });
  else note?.(`the processor time of ${name} was not measured: this system does not tell that of one thread`);
  measurements.push({ metric: 'memory', unit: 'MiB', samples: rounds.map(({ memory }) => memory / MIB), smallerIsBetter: true });
  return measurements;
}

async function runRounds({ scenario, registered }: SimulateCase, signal: AbortSignal): Promise<readonly Round[]> {
  const folder = registered > 0 ? await mkdtemp(join(tmpdir(), 'murmuration-bench-')) : null;
  try {
    if (folder !== null && !isGossipScenario(scenario)) await enrolMany(folder, scenario.task, registered);
    const { training } = scenario;
    const sum = !isGossipScenario(scenario) && training.kind === 'trivial' && training.parameters >= LEAST_SUMMED ? plainSum(training.parameters, scenario.edges) : null;
    const rounds: Round[] = [];
    let begun = performance.now();
    let begunCpu = threadMs();
    await simulate(scenario, {
      seed: SEED, folder, signal,
      onLine(line) {
        if (line.type !== 'round') return;
        if (line.outcome !== 'committed') throw new MurmurError('internal', `round ${line.round} was aborted: ${line.reason ?? ''}`);
        const [ms, cpu] = [performance.now() - begun, threadMs()];
        rounds.push({ ms, cpuMs: cpu === null || begunCpu === null ? null : cpu - begunCpu, clients: line.reported, memory: process.memoryUsage.rss(), plainMs: sum?.() ?? null });
        begun = performance.now();
        begunCpu = threadMs();
      },
    });
    return rounds;
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

/** Adds as many updates as there are edges, as they lie; ms. */
function plainSum(parameters: number, edges: number): () => number {
  const updates = preparedUpdates(parameters, SEED);
  return () => {
    const begun = performance.now();
    const total = new Float64Array(parameters);
    for (let i = 0; i < edges; i++) MONOIDS['weighted-mean'].add(total, updates[i % updates.length], 100);
    return performance.now() - begun;
  };
}
