/** A real coordinator of a benchmark: its files on disk, nothing left out but what would need a model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type RunningServer } from '../../../server/start-server.ts';
import { createParameters } from '../../../shared/tensors/layout.ts';
import { benchLayout } from './task.ts';

export interface BenchServer {
  readonly server: RunningServer;
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

/** @param parameters of the tasks' model, which is nothing but its layout: there is nothing to build and nothing to evaluate */
export async function startBenchServer(parameters: number): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-bench-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const initial = createParameters(benchLayout(parameters), new Float32Array(parameters));
  try {
    const server = await startServer({
      port: 0, data: folder, seed: 1, enrolment: { open: true },
      evaluator: {
        describe: () => Promise.resolve({ parameters: initial, problems: [] }),
        evaluate: () => Promise.resolve(null),
        setExamples: () => Promise.resolve(),
        stop: () => Promise.resolve(),
      },
    });
    return { server, stop: () => server.stop().finally(remove) };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}
