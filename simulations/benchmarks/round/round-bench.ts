/**
 * A whole round without training, over real sockets: selection, assignments, checkpoint downloads over HTTP, reports in
 * acknowledged chunks, encrypted journal with syncs, merge, update, checkpoint and commit on disk.
 *
 * The baseline moves the same bytes both ways over plain socket.io and sums them, with none of the above. Each side has a
 * process for its server and two for its clients, which would otherwise work one behind the other on one core while the
 * server waits for them; they take turns, and whoever's turn it is not stands still.
 */
import type { Benchmark, BenchmarkRun, Measurement } from '../benchmark.ts';
import { startBenchProcess } from '../child-process.ts';
import { parseRoundCase, type RoundCase } from './cases.ts';
import type { CoordinatorOrders, CoordinatorProcess, MeasuredRound } from './coordinator-process.ts';
import type { EdgesOrders, EdgesProcess } from './edges-process.ts';
import type { RawClientsOrders, RawClientsProcess } from './raw-clients-process.ts';
import type { RawServerOrders, RawServerProcess } from './raw-server-process.ts';

const WARM_UP = 3;
/** Rounds in a turn. */
const TURN = 5;
const MIB = 2 ** 20;
const LOAD_PROCESSES = 2;

export const roundBenchmark: Benchmark = {
  name: 'round',
  summary: 'a whole round without training over real sockets; baseline: the same bytes over plain socket.io, summed',
  cases: ['8x100k', '32x100k', '32x200k', '8x1M', '32x1M'],
  accepts: (name) => void parseRoundCase(name),
  plotCases: ['2x100k', '16x100k', '64x100k', '128x100k', '2x1M', '16x1M'],
  defaultRuns: 15,
  caseSeconds: 180,
  run: runRoundCase,
};

const processAt = (name: string): URL => new URL(`./${name}-process.js`, import.meta.url);

async function runRoundCase(name: string, { runs, signal }: BenchmarkRun): Promise<readonly Measurement[]> {
  const shape = parseRoundCase(name);
  const shares = sharesOf(shape);
  const coordinator = startBenchProcess<CoordinatorOrders>(processAt('coordinator'), 'coordinator', signal);
  const edges = shares.map(() => startBenchProcess<EdgesOrders>(processAt('edges'), 'edges', signal));
  const rawServer = startBenchProcess<RawServerOrders>(processAt('raw-server'), 'raw server', signal);
  const rawClients = shares.map(() => startBenchProcess<RawClientsOrders>(processAt('raw-clients'), 'raw clients', signal));
  try {
    const [ours, raw] = await Promise.all([coordinator.call('start', shape), rawServer.call('start', shape)]);
    await Promise.all(shares.flatMap((share, i) => [edges[i].call('join', { ...share, url: ours.url }), rawClients[i].call('join', { ...share, url: raw.url })]));
    return measurements(shape, await takeTurns({ coordinator, edges, rawServer, rawClients }, runs));
  } finally {
    // The edges first: a coordinator that ends under them would only make them knock.
    await Promise.all([...edges, ...rawClients].map((load) => load.stop()));
    await Promise.all([coordinator.stop(), rawServer.stop()]);
  }
}

/** Of each load process: as equal as can be, and none without an edge. */
export function sharesOf({ edges, parameters }: RoundCase): readonly (RoundCase & { readonly first: number })[] {
  const processes = Math.min(LOAD_PROCESSES, edges);
  const begin = (process: number): number => Math.floor((process * edges) / processes);
  return Array.from({ length: processes }, (_, i) => ({ parameters, first: begin(i), edges: begin(i + 1) - begin(i) }));
}

interface Processes {
  readonly coordinator: CoordinatorProcess;
  readonly edges: readonly EdgesProcess[];
  readonly rawServer: RawServerProcess;
  readonly rawClients: readonly RawClientsProcess[];
}

interface Taken {
  /** Resident memory with everybody connected, before the first round. */
  readonly idleBytes: number;
  readonly warmUp: readonly MeasuredRound[];
  readonly rounds: readonly MeasuredRound[];
  readonly raw: readonly number[];
  /** Processor time of a round, a sample a turn: by process. */
  readonly cpu: Readonly<Record<keyof Processes, number[]>>;
}

async function takeTurns({ coordinator, edges, rawServer, rawClients }: Processes, runs: number): Promise<Taken> {
  const first = coordinator.call('rounds', { count: WARM_UP });
  const idleBytes = await coordinator.call('begin', null);
  const warmUp = await first;
  const hold = (): Promise<unknown> => Promise.all(edges.map((some) => some.call('hold', null)));
  await hold();
  await rawServer.call('exchange', { count: WARM_UP });
  const rounds: MeasuredRound[] = [];
  const raw: number[] = [];
  const cpu: Taken['cpu'] = { coordinator: [], edges: [], rawServer: [], rawClients: [] };
  while (rounds.length < runs) {
    const count = Math.min(TURN, runs - rounds.length);
    await withCpu({ rawServer, rawClients }, count, cpu, async () => {
      raw.push(...(await rawServer.call('exchange', { count })));
    });
    await withCpu({ coordinator, edges }, count + 1, cpu, async () => {
      const next = coordinator.call('rounds', { count: count + 1 });
      await Promise.all(edges.map((some) => some.call('release', null)));
      // The first of them was held: its time is that of the baseline's turn.
      rounds.push(...(await next).slice(1));
      await hold();
    });
  }
  return { idleBytes, warmUp, rounds, raw, cpu };
}

async function withCpu(processes: Partial<Processes>, rounds: number, into: Taken['cpu'], work: () => Promise<void>): Promise<void> {
  const named = Object.keys(processes) as (keyof Processes)[];
  const cpuMs = async (name: keyof Processes): Promise<number> => {
    const all = await Promise.all([processes[name] ?? []].flat().map((each) => each.cpuMs()));
    return all.reduce((total, ms) => total + ms, 0);
  };
  const before = await Promise.all(named.map(cpuMs));
  await work();
  await Promise.all(named.map(async (name, i) => into[name].push(((await cpuMs(name)) - before[i]) / rounds)));
}

function measurements({ edges }: RoundCase, { idleBytes, warmUp, rounds, raw, cpu }: Taken): readonly Measurement[] {
  const lower = { smallerIsBetter: true };
  const perSecond = (ms: number): number => (edges * 1000) / ms;
  const firstPeak = warmUp[0].peakBytes;
  const lastPeak = rounds[rounds.length - 1].peakBytes;
  return [
    { metric: 'time', unit: 'ms', samples: rounds.map(({ durationMs }) => durationMs), baseline: raw, ...lower },
    { metric: 'commit-to-commit', unit: 'ms', samples: rounds.map(({ intervalMs }) => intervalMs), ...lower },
    { metric: 'reports', unit: '1/s', samples: rounds.map(({ durationMs }) => perSecond(durationMs)), baseline: raw.map(perSecond), smallerIsBetter: false },
    // A round that is held before its training is begun and a round that was so ended in each turn: as many as counted.
    { metric: 'cpu-coordinator', unit: 'ms', samples: cpu.coordinator, baseline: cpu.rawServer, ...lower },
    { metric: 'cpu-edges', unit: 'ms', samples: cpu.edges, baseline: cpu.rawClients, ...lower },
    { metric: 'bytes-up', unit: 'bytes', samples: rounds.map(({ bytesUp }) => bytesUp), ...lower },
    { metric: 'bytes-down', unit: 'bytes', samples: rounds.map(({ bytesDown }) => bytesDown), ...lower },
    { metric: 'rss-idle', unit: 'MiB', samples: [idleBytes / MIB], ...lower },
    { metric: 'rss-first-round', unit: 'MiB', samples: [firstPeak / MIB], ...lower },
    { metric: 'rss-peak', unit: 'MiB', samples: [lastPeak / MIB], ...lower },
    { metric: 'rss-growth', unit: 'MiB', samples: [(lastPeak - firstPeak) / MIB], ...lower },
  ];
}
