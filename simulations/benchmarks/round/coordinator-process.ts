/** The measured process: a real coordinator, with its files on disk and nothing left out but the evaluation. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParameters } from '../../../shared/tensors/layout.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { startServer, type RunningServer } from '../../../server/start-server.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import type { RoundCase } from './cases.ts';
import { BENCH_TASK, benchLayout, benchTask } from './task.ts';

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

let folder: string | null = null;
let server: RunningServer | null = null;
let lastEnd = performance.now();
const watchers = new Set<(round: MeasuredRound | MurmurError) => void>();

// As `murmur serve` does.
keepHeapSlack();

serveOrders<CoordinatorOrders>(
  {
    async start(shape) {
      folder = await mkdtemp(join(tmpdir(), 'murmuration-bench-'));
      const initial = createParameters(benchLayout(shape.parameters), new Float32Array(shape.parameters));
      server = await startServer({
        port: 0, data: folder, seed: 1, enrolment: { open: true },
        // The model is nothing but its layout, so there is nothing to build and nothing to evaluate.
        evaluator: {
          describe: () => Promise.resolve({ parameters: initial, problems: [] }),
          evaluate: () => Promise.resolve(null),
          setExamples: () => Promise.resolve(),
          stop: () => Promise.resolve(),
        },
      });
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
      await server?.startTask(BENCH_TASK);
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
    try {
      await server?.stop();
    } finally {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    }
  },
);
