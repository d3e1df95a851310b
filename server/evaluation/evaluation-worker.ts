/** The worker thread of the evaluator: the only place of the coordinator that loads TensorFlow.js. */
import { parentPort } from 'node:worker_threads';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { buildModel, initialParameters, type BuiltModel } from '../../shared/model/build-model.ts';
import { checkModel } from '../../shared/model/check-model.ts';
import { evaluateModel } from '../../shared/model/evaluate.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { uploadExamples, type ResidentExamples } from '../../shared/model/resident-examples.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import type { ModelTask } from '../../shared/task/task-spec.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import type { ModelDescription } from './evaluator.ts';
import type { WorkerReply, WorkerRequest, WorkerRequests } from './worker-messages.ts';

/** A task's model and examples, kept in the backend from round to round. */
interface Bench {
  readonly key: string;
  readonly model: BuiltModel;
  readonly examples: ResidentExamples;
}

const CANDIDATES: readonly BackendName[] = ['native', 'wasm', 'cpu'];
const heldOut = new Map<TaskId, Examples>();
const benches = new Map<TaskId, Bench>();
let backend: Promise<void> | null = null;

async function startBackend(): Promise<void> {
  const failures: string[] = [];
  for (const candidate of CANDIDATES) {
    try {
      await prepareBackend(candidate);
      return;
    } catch (thrown) {
      failures.push((thrown as Error).message);
    }
  }
  throw new MurmurError('backend_failed', `no backend starts on this machine: ${failures.join('; ')}`);
}

async function describe(spec: ModelTask): Promise<ModelDescription> {
  const problems = await checkModel(spec);
  if (problems.length > 0) return { parameters: { layout: createLayout([]), values: new Float32Array(0) }, problems };
  return { parameters: await initialParameters(spec), problems };
}

function clear(task: TaskId): void {
  const bench = benches.get(task);
  bench?.model.dispose();
  bench?.examples.dispose();
  benches.delete(task);
}

async function benchOf(task: TaskId, spec: ModelTask): Promise<Bench> {
  const key = JSON.stringify([spec.model, spec.data]);
  const known = benches.get(task);
  if (known?.key === key) return known;
  clear(task);
  const examples = heldOut.get(task);
  if (!examples) throw new MurmurError('not_found', `task ${task} has no held-out examples`);
  const model = await buildModel(spec);
  try {
    const bench = { key, model, examples: uploadExamples(spec, examples, `the held-out examples of task ${task}`) };
    benches.set(task, bench);
    return bench;
  } catch (thrown) {
    model.dispose();
    throw thrown;
  }
}

async function evaluate({ task, spec, values }: WorkerRequests['evaluate']['request']): Promise<Evaluation> {
  const { model, examples } = await benchOf(task, spec);
  model.setWeights(values);
  return evaluateModel(model, spec.model.loss, examples);
}

async function answer(request: WorkerRequest): Promise<WorkerRequests[keyof WorkerRequests]['reply']> {
  backend ??= startBackend();
  await backend;
  switch (request.type) {
    case 'describe':
      return describe(request.payload.spec);
    case 'examples':
      clear(request.payload.task);
      if (request.payload.examples) heldOut.set(request.payload.task, request.payload.examples);
      else heldOut.delete(request.payload.task);
      return null;
    case 'evaluate':
      return evaluate(request.payload);
  }
}

// One request after the other: they share the backend and the benches.
let queue = Promise.resolve();
parentPort?.on('message', (request: WorkerRequest) => {
  queue = queue.then(async () => {
    const reply: WorkerReply = await answer(request).then(
      (result): WorkerReply => ({ id: request.id, ok: true, result }),
      (thrown: unknown): WorkerReply => {
        const { code, message, details } = toMurmurError(thrown);
        return { id: request.id, ok: false, error: { code, message, details } };
      },
    );
    parentPort?.postMessage(reply);
  });
});
