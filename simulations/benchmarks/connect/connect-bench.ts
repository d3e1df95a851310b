/**
 * Idle edges on one coordinator: real sessions over real sockets, which have enrolled, proved who they are, checked in
 * for a running task and been told to come back later. What does each of them cost, and how fast do they come in?
 *
 * The baseline is socket.io alone: as many connections with the same options, on which nobody says anything. Each run
 * has fresh processes, ours and the baseline's one after the other, so that neither stands in the other's memory.
 */
import type { Benchmark, BenchmarkRun, Measurement } from '../benchmark.ts';
import { startBenchProcess } from '../child-process.ts';
import { sleep, systemClock } from '../../../shared/clock.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { median } from '../summary.ts';
import { parseConnectCase, type ConnectCase } from './cases.ts';
import type { ServerOrders, ServerProcess } from './coordinator-process.ts';
import type { LoadOrders, LoadProcess } from './load.ts';
import { requireOpenFiles } from './open-files.ts';
import type { MemoryUse } from './settled-memory.ts';

/** Two, so that the load is spread over the cores that the server leaves. */
const LOAD_PROCESSES = 2;
/** Behind one that is not counted, in which the edge that was at work from the start reports. */
const ROUNDS = 5;
/** Of socket.io: within it, each idle connection has one. */
const HEARTBEAT_MS = 25_000;

export const connectBenchmark: Benchmark = {
  name: 'connect',
  summary: 'idle edges on one coordinator: memory of each, time until all are in; baseline: as many bare socket.io connections',
  cases: ['1k', '10k'],
  accepts: (name) => void parseConnectCase(name),
  plotCases: ['3k', '5k'],
  defaultRuns: 3,
  caseSeconds: 900,
  run: (name, run) => runConnectCase(name, run),
};

interface Sample {
  /** Of the server, by each connection. Bytes. */
  readonly each: MemoryUse;
  /** Until all were connected. Milliseconds. */
  readonly timeMs: number;
  /** Processor time until then. Milliseconds. */
  readonly serverCpuMs: number;
  readonly loadCpuMs: number;
  /** Processor time of the server by each second in which nothing happens but heartbeats. Milliseconds. */
  readonly idleCpuMs: number;
  /** Processor time of the server by each round of one edge among them all. Milliseconds; the baseline has no rounds. */
  readonly roundCpuMs: number | null;
}

/** @param idleMs how long everybody stands still for the figure of what that costs */
export async function runConnectCase(name: string, { runs, signal }: BenchmarkRun, idleMs = HEARTBEAT_MS): Promise<readonly Measurement[]> {
  const shape = parseConnectCase(name);
  requireOpenFiles(shape.edges + shape.warmUp);
  const ours: Sample[] = [];
  const raw: Sample[] = [];
  while (ours.length < runs) {
    ours.push(await sample(shape, ['coordinator', 'edges'], idleMs, signal));
    raw.push(await sample(shape, ['raw-server', 'raw-clients'], idleMs, signal));
  }
  return measurements(shape, ours, raw);
}

const processAt = (name: string): URL => new URL(`./${name}-process.js`, import.meta.url);

async function sample({ edges, warmUp }: ConnectCase, [serverName, loadName]: readonly [string, string], idleMs: number, signal: AbortSignal): Promise<Sample> {
  const server: ServerProcess = startBenchProcess<ServerOrders>(processAt(serverName), serverName, signal);
  const loads: LoadProcess[] = Array.from({ length: LOAD_PROCESSES }, (_, i) => startBenchProcess<LoadOrders>(processAt(loadName), `${loadName} ${i}`, signal));
  const loadCpuMs = async (): Promise<number> => sum(await Promise.all(loads.map((load) => load.cpuMs())));
  /** Each process connects its share. */
  const connect = async (count: number): Promise<void> => {
    await Promise.all(loads.map((load, i) => load.call('connect', { count: shareOf(count, i) })));
  };
  try {
    const { url } = await server.call('start', null);
    const counts = loads.map((_, i) => shareOf(edges, i) + shareOf(warmUp, i));
    await Promise.all(loads.map((load, i) => load.call('prepare', { url, first: sum(counts.slice(0, i)), count: counts[i] })));
    await connect(warmUp);
    const before = await server.call('memory', null);
    const [serverCpuBefore, loadCpuBefore] = await Promise.all([server.cpuMs(), loadCpuMs()]);
    const begun = performance.now();
    await connect(edges);
    const timeMs = performance.now() - begun;
    const [serverCpu, loadCpu] = await Promise.all([server.cpuMs(), loadCpuMs()]);
    const after = await server.call('memory', null);
    if (after.connected !== edges + warmUp) throw new MurmurError('internal', `${after.connected} of ${edges + warmUp} edges are connected: the others were lost on the way`);
    const by = (what: keyof MemoryUse): number => (after[what] - before[what]) / edges;
    const idleCpu = await idleCpuMs(server, idleMs, signal);
    return {
      each: { resident: by('resident'), heap: by('heap'), external: by('external') },
      timeMs, serverCpuMs: serverCpu - serverCpuBefore, loadCpuMs: loadCpu - loadCpuBefore, idleCpuMs: idleCpu,
      roundCpuMs: serverName === 'coordinator' ? await roundCpuMs(server, loads) : null,
    };
  } finally {
    // The clients first: a server that ends under them would have to say goodbye to each.
    await Promise.all(loads.map((load) => load.stop()));
    await server.stop();
  }
}

async function idleCpuMs(server: ServerProcess, idleMs: number, signal: AbortSignal): Promise<number> {
  const [before, begun] = [await server.cpuMs(), performance.now()];
  await sleep(systemClock, idleMs, signal);
  return (1000 * ((await server.cpuMs()) - before)) / (performance.now() - begun);
}

async function roundCpuMs(server: ServerProcess, loads: readonly LoadProcess[]): Promise<number> {
  const first = server.call('rounds', { count: 1 });
  await Promise.all(loads.map((load) => load.call('release', null)));
  await first;
  const before = await server.cpuMs();
  await server.call('rounds', { count: ROUNDS });
  return ((await server.cpuMs()) - before) / ROUNDS;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Shares differ by one at most, and add up. */
const shareOf = (count: number, process: number): number => Math.floor((count + process) / LOAD_PROCESSES);

function measurements({ edges }: ConnectCase, ours: readonly Sample[], raw: readonly Sample[]): readonly Measurement[] {
  const both = (metric: string, unit: string, of: (sample: Sample) => number, smallerIsBetter = true): Measurement => ({ metric, unit, samples: ours.map(of), baseline: raw.map(of), smallerIsBetter });
  const alone = (metric: string, unit: string, of: (sample: Sample) => number): Measurement => ({ metric, unit, samples: ours.map(of), smallerIsBetter: true });
  warnOfBottleneck(ours);
  return [
    both('memory-per-edge', 'KB', ({ each }) => each.resident / 1000),
    both('heap-per-edge', 'KB', ({ each }) => each.heap / 1000),
    both('external-per-edge', 'KB', ({ each }) => each.external / 1000),
    both('time', 'ms', ({ timeMs }) => timeMs),
    both('connects', '1/s', ({ timeMs }) => (1000 * edges) / timeMs, false),
    both('cpu-coordinator', 'ms', ({ serverCpuMs }) => serverCpuMs),
    both('cpu-edges', 'ms', ({ loadCpuMs }) => loadCpuMs),
    // Of one core: where this is far from 100, the coordinator waited for its disk or for the load.
    alone('coordinator-busy', '%', coordinatorBusy),
    both('cpu-idle', 'ms/s', ({ idleCpuMs }) => idleCpuMs),
    alone('cpu-round', 'ms', ({ roundCpuMs }) => roundCpuMs ?? 0),
  ];
}

const coordinatorBusy = ({ serverCpuMs, timeMs }: Sample): number => (100 * serverCpuMs) / timeMs;
const loadBusy = ({ loadCpuMs, timeMs }: Sample): number => (100 * loadCpuMs) / (timeMs * LOAD_PROCESSES);

function warnOfBottleneck(ours: readonly Sample[]): void {
  const [coordinator, load] = [median(ours.map(coordinatorBusy)), median(ours.map(loadBusy))];
  if (load < 80 || coordinator > load) return;
  process.stderr.write(`the load generator was the bottleneck: its processes were ${Math.round(load)} % busy, the coordinator ${Math.round(coordinator)} %; the times say little of the coordinator\n`);
}
