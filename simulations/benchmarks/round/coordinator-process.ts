/** The measured process: the coordinator of a round. */
import { MurmurError } from '../../../shared/errors.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import { startBenchServer, type BenchServer } from './bench-server.ts';
import type { RoundCase } from './cases.ts';
import { BENCH_TASK, benchTask } from './task.ts';

export interface MeasuredRound {
  /** Begin to commit, by the coordinator's own record. Milliseconds. */
  readonly durationMs: number;
  /** Since the round before was committed. Milliseconds. */
  readonly intervalMs: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Largest resident memory of the process until then, in bytes. */
  readonly peakBytes: number;
}

export type CoordinatorOrders = {
  start: { payload: RoundCase; answer: { readonly url: string } };
  /** Begins the rounds; answers with the resident memory before, in bytes. */
  begin: { payload: null; answer: number };
  /** The next rounds to end, from this order on. */
  rounds: { payload: { readonly count: number }; answer: readonly MeasuredRound[] };
};
export type CoordinatorProcess = BenchProcess<CoordinatorOrders>;

/** The kernel's own mark; it counts KiB. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** Kept from the first moment: an end that comes while it starts must wait for it, and then stop it. */
let running: Promise<BenchServer> | null = null;
let lastEnd = performance.now();
const watchers = new Set<(round: MeasuredRound | MurmurError) => void>();

// As `murmur serve` does.
keepHeapSlack();

serveOrders<CoordinatorOrders>(
  {
    async start(shape) {
      running = startBenchServer(shape.parameters);
      const { server } = await running;
      server.onRounds((_task, rounds) => {
        for (const { outcome, reason, durationMs, bytesUp, bytesDown } of rounds) {
          const now = performance.now();
          const round = { durationMs, intervalMs: now - lastEnd, bytesUp, bytesDown, peakBytes: peakBytes() };
          lastEnd = now;
          const seen = outcome === 'committed' ? round : new MurmurError('internal', `a round of the benchmark was aborted: ${reason}`);
          for (const watcher of [...watchers]) watcher(seen);
        }
      });
      await server.createTask(benchTask(shape));
      return { url: server.url };
    },
    async begin() {
      const before = process.memoryUsage().rss;
      await (await running)?.server.startTask(BENCH_TASK);
      return before;
    },
    rounds({ count }) {
      return new Promise((resolve, reject) => {
        const seen: MeasuredRound[] = [];
        const watcher = (round: MeasuredRound | MurmurError): void => {
          if (!(round instanceof MurmurError)) seen.push(round);
          if (round instanceof MurmurError) reject(round);
          else if (seen.length < count) return;
          else resolve(seen);
          watchers.delete(watcher);
        };
        watchers.add(watcher);
      });
    },
  },
  async () => {
    await (await running)?.stop();
  },
);
