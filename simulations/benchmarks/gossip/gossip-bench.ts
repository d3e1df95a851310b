/**
 * Exact averaging over WebRTC: each peer in a process of its own, loopback candidates only, channels behind their handshake, the
 * exchange that gossip peers run. A round lasts from the first peer's beginning to the last one's end.
 *
 * The baseline does the same over plain TCP sockets with none of the checks. Both take turns, and whoever's turn it is not stands still.
 */
import { MurmurError } from '../../../shared/errors.ts';
import type { Benchmark, BenchmarkRun, Measurement } from '../benchmark.ts';
import { skipped } from '../benchmark.ts';
import { startBenchProcess } from '../child-process.ts';
import { parseRoundCase } from '../round/cases.ts';
import type { PeerOrders, PeerProcess, PeerRound, PeerShape } from './peer-process.ts';

const WARM_UP = 5;
/** Rounds in a turn. */
const TURN = 10;
/** Means are compared between peers, outside what is timed, after so many rounds of each. */
const COMPARE_EVERY = 20;
/** A peer that has sent nothing for so long in a round is given up by the others: that round is not completed. */
const PATIENCE_MS = 10_000;

export const gossipBenchmark: Benchmark = {
  name: 'gossip',
  summary: 'exact averaging between peers over WebRTC on loopback, each in its process; baseline: the same bytes over plain TCP sockets, summed',
  cases: ['4x100k', '4x1M', '8x1M'],
  accepts: (name) => void parseRoundCase(name),
  defaultRuns: 200,
  caseSeconds: 600,
  run: runGossipCase,
};

async function runGossipCase(name: string, { runs, signal }: BenchmarkRun): Promise<readonly Measurement[]> {
  const { edges: peers, parameters } = parseRoundCase(name);
  if (peers < 2 || peers > 32) throw new MurmurError('bad_usage', 'two to thirty-two peers can meet in one group');
  await import('node-datachannel').catch(() => {
    throw skipped('node-datachannel, which brings WebRTC to Node, is not installed');
  });
  const shape: PeerShape = { peers, parameters, patienceMs: PATIENCE_MS };
  const processes = Array.from({ length: peers }, (_, i) => startBenchProcess<PeerOrders>(new URL('./peer-process.js', import.meta.url), `peer ${i}`, signal));
  try {
    await meet(processes, shape);
    return measurements(shape, runs, await takeTurns(processes, shape, runs));
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
  }
}

async function meet(processes: readonly PeerProcess[], shape: PeerShape): Promise<void> {
  const started = await Promise.all(processes.map((one, number) => one.call('start', { ...shape, number })));
  const ids = started.map(({ id }) => id);
  const carry = async (process: PeerProcess, i: number): Promise<void> => {
    for (let signals = await process.call('signals', null); signals !== null; signals = await process.call('signals', null)) {
      for (const { to, signal } of signals) await processes[ids.indexOf(to)].call('signal', { from: ids[i], signal });
    }
  };
  await Promise.all([
    ...processes.map((one) => one.call('connect', { ids, ports: started.map(({ port }) => port) })),
    ...processes.map(carry),
  ]);
}

interface Taken {
  readonly rounds: readonly PeerRound[][];
  readonly plain: readonly PeerRound[][];
  readonly cpu: { readonly ours: number[]; readonly plain: number[] };
}

async function takeTurns(processes: readonly PeerProcess[], { peers }: PeerShape, runs: number): Promise<Taken> {
  const rounds: PeerRound[][] = [];
  const plain: PeerRound[][] = [];
  const cpu: Taken['cpu'] = { ours: [], plain: [] };
  let round = 0;
  const all = <T>(what: (process: PeerProcess) => Promise<T>): Promise<T[]> => Promise.all(processes.map(what));
  const several = async (order: 'turn' | 'plain', count: number, into: PeerRound[][], cpuInto: number[]): Promise<void> => {
    const before = await all((one) => one.cpuMs());
    for (let i = 0; i < count; i++) {
      const number = round + i + 1;
      into.push(await all((one) => one.call(order, { round: number })));
    }
    const after = await all((one) => one.cpuMs());
    cpuInto.push(after.reduce((sum, ms, i) => sum + ms - before[i], 0) / count);
  };
  await several('plain', WARM_UP, [], []);
  await several('turn', WARM_UP, [], []);
  round += WARM_UP;
  while (rounds.length < runs) {
    const count = Math.min(TURN, runs - rounds.length);
    await several('plain', count, plain, cpu.plain);
    await several('turn', count, rounds, cpu.ours);
    round += count;
    if (rounds.length % COMPARE_EVERY === 0 || rounds.length === runs) await compare(processes, rounds.at(-1) ?? [], peers);
  }
  return { rounds, plain, cpu };
}

const isCompleted = (round: readonly PeerRound[], peers: number): boolean => round.every(({ merged }) => merged === peers - 1);

/** All hold the same. @throws internal: then nothing that was measured means anything */
async function compare(processes: readonly PeerProcess[], last: readonly PeerRound[], peers: number): Promise<void> {
  if (!isCompleted(last, peers)) return;
  const digests = await Promise.all(processes.map((one) => one.call('digests', null)));
  if (new Set(digests.map(({ ours }) => ours)).size > 1) throw new MurmurError('internal', 'the peers hold different means');
  if (new Set(digests.map(({ plain }) => plain)).size > 1) throw new MurmurError('internal', 'the peers of the baseline hold different means');
}

const duration = (round: readonly PeerRound[]): number => Math.max(...round.map(({ ended }) => ended)) - Math.min(...round.map(({ begun }) => begun));
const mostBytes = (round: readonly PeerRound[]): number => Math.max(...round.map(({ bytes }) => bytes));

function measurements({ peers, parameters }: PeerShape, runs: number, { rounds, plain, cpu }: Taken): readonly Measurement[] {
  const completed = rounds.filter((round) => isCompleted(round, peers));
  const ideal = (4 * parameters * 2 * (peers - 1)) / peers;
  const lower = { smallerIsBetter: true };
  return [
    // A round that was not completed is no faster for it: it counts with all the time that it took.
    { metric: 'time', unit: 'ms', samples: rounds.map(duration), baseline: plain.map(duration), ...lower },
    { metric: 'slowest', unit: 'ms', samples: [Math.max(...rounds.map(duration))], baseline: [Math.max(...plain.map(duration))], ...lower },
    { metric: 'completed', unit: 'rounds', samples: [completed.length], baseline: [runs], smallerIsBetter: false },
    // What a ring of so many peers cannot do without: each sends its model 2 (N − 1) / N times.
    { metric: 'bytes', unit: 'bytes', samples: rounds.map(mostBytes), baseline: [ideal], ...lower },
    { metric: 'cpu', unit: 'ms', samples: cpu.ours, baseline: cpu.plain, ...lower },
  ];
}
