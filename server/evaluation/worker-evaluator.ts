/** The evaluator in a worker thread: the coordinator's event loop never waits for a matrix product. */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { MurmurError } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Evaluator } from './evaluator.ts';
import type { RequestType, WorkerReply, WorkerRequests } from './worker-messages.ts';
import { findWorkerFile, type WorkerFile } from './worker-url.ts';

export interface EvaluatorOptions {
  readonly logger: Logger;
}

interface Waiting {
  resolve(result: never): void;
  reject(error: MurmurError): void;
}

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** The examples that this worker was given; a new one after a crash has none. */
  readonly given: Map<TaskId, Examples>;
}

/** The worker starts with the first request, and again with the first one after it died. */
export function createEvaluator({ logger }: EvaluatorOptions): Evaluator {
  const examples = new Map<TaskId, Examples>();
  let file: Promise<WorkerFile> | null = null;
  let starting: Promise<Running> | null = null;
  let stopped = false;
  let nextId = 1;

  async function start(): Promise<Running> {
    file ??= findWorkerFile(new URL('./evaluation-worker.ts', import.meta.url));
    const { url } = await file;
    if (stopped) throw stoppedError();
    const running: Running = { worker: new Worker(url, { env: SHARE_ENV }), waiting: new Map(), given: new Map() };
    const { worker, waiting } = running;
    // An idle evaluator keeps no process alive.
    worker.unref();
    worker.on('message', (reply: WorkerReply) => {
      const request = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) worker.unref();
      if (reply.ok) request?.resolve(reply.result as never);
      else request?.reject(new MurmurError(reply.error.code, reply.error.message, { details: reply.error.details }));
    });
    let cause: unknown;
    worker.on('error', (thrown) => {
      cause = thrown;
      logger.error({ err: thrown }, 'the evaluation worker failed; the next request starts another one');
    });
    worker.on('exit', (code) => {
      starting = null;
      const error = stopped ? stoppedError() : new MurmurError('backend_failed', `the evaluation worker ended with code ${code}${cause instanceof Error ? `: ${cause.message}` : ''}`, { cause });
      for (const request of waiting.values()) request.reject(error);
      waiting.clear();
    });
    return running;
  }

  async function runningWorker(): Promise<Running> {
    if (stopped) throw stoppedError();
    starting ??= start().catch((thrown: unknown) => {
      starting = null;
      throw thrown;
    });
    return starting;
  }

  function ask<Type extends RequestType>({ worker, waiting }: Running, type: Type, payload: WorkerRequests[Type]['request']): Promise<WorkerRequests[Type]['reply']> {
    return new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve: resolve, reject });
      worker.ref();
      worker.postMessage({ id, type, payload });
    });
  }

  return {
    async describe(spec) {
      return ask(await runningWorker(), 'describe', { spec });
    },

    async evaluate(task, spec, values) {
      const held = examples.get(task);
      if (!held) return null;
      const running = await runningWorker();
      if (running.given.get(task) !== held) {
        running.given.set(task, held);
        await ask(running, 'examples', { task, examples: compact(held) });
      }
      return ask(running, 'evaluate', { task, spec, values: own(values) });
    },

    async setExamples(task, given) {
      if (given) {
        examples.set(task, given);
        return;
      }
      examples.delete(task);
      const running = await starting?.catch(() => null);
      if (running?.given.delete(task)) await ask(running, 'examples', { task, examples: null });
    },

    async stop() {
      if (stopped) return;
      stopped = true;
      const running = await starting?.catch(() => null);
      await running?.worker.terminate();
      if (file) await file.then((made) => made.remove(), () => undefined);
    },
  };
}

function stoppedError(): MurmurError {
  return new MurmurError('aborted', 'the evaluator was stopped');
}

/** A view is sent with all of the memory that it looks into; one part of a large file must not drag the file along. */
function own<T extends Float32Array | Int32Array | Uint8Array>(view: T): T {
  return (view.byteLength === view.buffer.byteLength ? view : view.slice()) as T;
}

function compact(examples: Examples): Examples {
  return { ...examples, inputs: own(examples.inputs), labels: own(examples.labels) };
}
