/** A worker of the training pool: one model and its recorded steps, warm for as long as the simulation runs, and the examples of many clients. */
import { parentPort, workerData } from 'node:worker_threads';
import { createTrainerBench, type TrainerBench } from '../../client/training/trainer-bench.ts';
import { toErrorBody, toMurmurError } from '../../shared/errors.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { initialParameters } from '../../shared/model/build-model.ts';
import { checkModel } from '../../shared/model/check-model.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import type { JobType, PoolJobs, PoolReply, PoolRequest, PoolSetup } from './messages.ts';
import { openTrainingData } from './training-data.ts';

const { model, data, residentBytes } = workerData as PoolSetup;
const examples = openTrainingData(data);

/** One thread, and the same bits on every machine: what a simulation's digest stands for. */
const BACKEND = 'wasm';
let opened: Promise<TrainerBench> | null = null;
const bench = (): Promise<TrainerBench> => (opened ??= createTrainerBench(model, { backend: BACKEND, residentBytes }));

async function trainerOf(part: number, values: Float32Array): Promise<Trainer> {
  const trainer = await (await bench()).attach(`part ${part}`, () => examples.client(part));
  trainer.load(values);
  return trainer;
}

const handlers: { readonly [Type in JobType]: (job: PoolJobs[Type]['job']) => Promise<PoolJobs[Type]['result']> } = {
  async describe() {
    await prepareBackend(BACKEND);
    const problems = await checkModel(model);
    return { parameters: problems.length > 0 ? { layout: createLayout([]), values: new Float32Array(0) } : await initialParameters(model), problems };
  },
  async train({ part, values, options }) {
    const trainer = await trainerOf(part, values);
    const result = await trainer.train(options);
    return { ...result, values: await trainer.read() };
  },
  async gradient({ part, values }) {
    return (await trainerOf(part, values)).gradient({});
  },
  async evaluatePart({ part, values, on }) {
    return (await trainerOf(part, values)).evaluate({ on });
  },
  async evaluate({ values, from, to, triggered = false }) {
    return (await bench()).evaluate(`${triggered ? 'triggered' : 'held out'} ${from}–${to}`, values, () => (triggered ? examples.triggered(from, to) : examples.heldOut(from, to)));
  },
};

// One job after the other: they share the backend.
let queue = Promise.resolve();
parentPort?.on('message', ({ id, type, job }: PoolRequest) => {
  queue = queue.then(async () => {
    try {
      const result = await handlers[type](job as never);
      const vector = 'values' in result ? result.values : 'gradient' in result ? result.gradient : null;
      parentPort?.postMessage({ id, result } satisfies PoolReply, vector === null ? [] : [vector.buffer as ArrayBuffer]);
    } catch (thrown) {
      parentPort?.postMessage({ id, error: { ...toErrorBody(thrown), message: toMurmurError(thrown).message } } satisfies PoolReply);
    }
  });
});
