/** The measured process: a coordinator on which edges stand idle. */
import { MurmurError } from '../../../shared/errors.ts';
import { asTaskId } from '../../../shared/ids.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import { startBenchServer, type BenchServer } from '../round/bench-server.ts';
import { BENCH_TASK } from '../round/task.ts';
import { settledMemory, type MemoryUse } from './settled-memory.ts';
import { IDLE_PARAMETERS, idleTask } from './task.ts';

export type ServerOrders = {
  start: { payload: null; answer: { readonly url: string } };
  /** Memory once it has settled, and how many are connected: on a coordinator, with an open session and checked in. */
  memory: { payload: null; answer: MemoryUse & { readonly connected: number } };
  /** Answers when so many rounds more have ended; each has one edge, among all who stand idle. */
  rounds: { payload: { readonly count: number }; answer: null };
};
export type ServerProcess = BenchProcess<ServerOrders>;

/** Kept from the first moment: an end that comes while it starts must wait for it, and then stop it. */
let running: Promise<BenchServer> | null = null;

// As `murmur serve` does.
keepHeapSlack();

serveOrders<ServerOrders>(
  {
    async start() {
      running = startBenchServer(IDLE_PARAMETERS);
      const { server } = await running;
      await server.createTask(idleTask());
      await server.startTask(BENCH_TASK);
      return { url: server.url };
    },
    async memory() {
      const population = (await running)?.server.coordinator.population;
      const memory = await settledMemory();
      return { ...memory, connected: population?.candidates(asTaskId(BENCH_TASK)).length ?? 0 };
    },
    async rounds({ count }) {
      const server = (await running)?.server;
      let left = count;
      await new Promise<void>((resolve, reject) => {
        const stop = server?.onRounds((_task, rounds) => {
          const aborted = rounds.find(({ outcome }) => outcome !== 'committed');
          left -= rounds.length;
          if (left > 0 && !aborted) return;
          stop?.();
          if (aborted) reject(new MurmurError('internal', `a round of the benchmark was aborted: ${aborted.reason}`));
          else resolve();
        });
      });
      return null;
    },
  },
  async () => {
    await (await running)?.stop();
  },
);
