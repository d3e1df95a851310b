/**
 * The training pool: worker threads that train for whichever client comes next. A job goes to a worker that holds its
 * client's examples already where one is free, else to any that is: results are the same bits wherever they are computed.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { findWorkerFile, type WorkerFile } from '../../server/evaluation/worker-url.ts';
import { fromErrorBody, MurmurError } from '../../shared/errors.ts';
import type { JobType, PoolJobs, PoolReply, PoolRequest, PoolSetup } from './messages.ts';

interface Waiting {
  readonly request: PoolRequest;
  readonly part: number | null;
  readonly resolve: (result: never) => void;
  readonly reject: (reason: unknown) => void;
}

interface PoolWorker {
  readonly worker: Worker;
  running: Waiting | null;
  /** Parts whose examples it has seen. */
  readonly warm: Set<number>;
}

export interface TrainingPool {
  /**
   * Runs one job; in the order in which they come, but for jobs whose client another worker knows better.
   * @throws what the job threw; the signal's reason where that fires before the job has begun; aborted once the pool is stopped
   */
  run<Type extends JobType>(type: Type, job: PoolJobs[Type]['job'], signal?: AbortSignal): Promise<PoolJobs[Type]['result']>;
  /** Resolves with what went wrong when a worker ends by itself: nothing more can be computed. */
  readonly broken: Promise<MurmurError>;
  stop(): Promise<void>;
}

/** Starts the workers; they load TensorFlow.js meanwhile. */
export async function createTrainingPool(setup: PoolSetup, workers: number): Promise<TrainingPool> {
  const file: WorkerFile = await findWorkerFile(new URL('./pool-worker.ts', import.meta.url));
  const queue: Waiting[] = [];
  let nextId = 1;
  let stopped = false;
  let failure: MurmurError | null = null;
  let tellBroken: (error: MurmurError) => void = () => undefined;
  const broken = new Promise<MurmurError>((resolve) => {
    tellBroken = resolve;
  });

  const pool: PoolWorker[] = Array.from({ length: workers }, () => {
    const own: PoolWorker = { worker: new Worker(file.url, { env: SHARE_ENV, workerData: setup }), running: null, warm: new Set() };
    own.worker.on('message', (reply: PoolReply) => {
      const job = own.running;
      own.running = null;
      if ('error' in reply) job?.reject(fromErrorBody(reply.error));
      else job?.resolve(reply.result as never);
      dispatch();
    });
    let cause: unknown;
    own.worker.on('error', (thrown) => {
      cause = thrown;
    });
    own.worker.on('exit', (code) => {
      if (stopped) return;
      failure = new MurmurError('backend_failed', `a training worker ended with code ${code}${cause instanceof Error ? `: ${cause.message}` : ''}`, { cause });
      for (const job of [own.running, ...queue.splice(0)]) job?.reject(failure);
      own.running = null;
      tellBroken(failure);
    });
    return own;
  });

  function dispatch(): void {
    for (const own of pool) {
      if (own.running !== null || queue.length === 0) continue;
      const known = queue.findIndex(({ part }) => part !== null && own.warm.has(part));
      const [job] = queue.splice(Math.max(0, known), 1);
      own.running = job;
      if (job.part !== null) own.warm.add(job.part);
      own.worker.postMessage(job.request);
    }
  }

  return {
    broken,
    run(type, job, signal) {
      return new Promise((resolve, reject) => {
        if (failure ?? stopped) return reject(failure ?? new MurmurError('aborted', 'the training pool was stopped'));
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          const at = queue.indexOf(waiting);
          if (at < 0) return;
          queue.splice(at, 1);
          reject(signal?.reason as Error);
        };
        const settled = <T>(settle: (value: T) => void) => (value: T): void => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
        const waiting: Waiting = { request: { id: nextId++, type, job } as PoolRequest, part: 'part' in job ? job.part : null, resolve: settled(resolve), reject: settled(reject) };
        signal?.addEventListener('abort', onAbort, { once: true });
        queue.push(waiting);
        dispatch();
      });
    },
    async stop() {
      stopped = true;
      const error = new MurmurError('aborted', 'the training pool was stopped');
      for (const job of [...queue.splice(0), ...pool.map(({ running }) => running)]) job?.reject(error);
      await Promise.all(pool.map(({ worker }) => worker.terminate()));
      await file.remove();
    },
  };
}
