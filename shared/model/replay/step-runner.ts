/**
 * Steps of training behind one interface: the ordinary ones of TensorFlow.js or, on the wasm backend, replayed ones.
 *
 * A step is recorded once for each batch size, checked against the ordinary one when that size comes the next time, and
 * replayed from then on. Recorded, ordinary and replayed steps give the same bits, since the same kernels (or ones that give
 * the same bits) run in the same order; so nobody can tell from the weights how a step was done, or how many came before it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import { hasSimd } from '../../kernels/kernels.ts';
import { silentLogger, type Logger } from '../../logger.ts';
import type { BuiltModel } from '../build-model.ts';
import { wasmKernels } from '../kernels/wasm-backend.ts';
import type { LossName } from '../loss.ts';
import type { ResidentExamples } from '../resident-examples.ts';
import { createLocalStep, type LocalStep, type StepKind } from '../local-step.ts';
import { trainStep } from '../train-step.ts';
import { giveBatch } from './give-batch.ts';
import { createPlan, type Plan } from './plan.ts';
import type { Program } from './program.ts';
import { recordStep, type StepFrame } from './record.ts';
import { differenceOf } from './same-program.ts';
import { currentWasmHeap, heapAddress, heapBytes, heapFloats, type WasmHeap } from './wasm-heap.ts';

export interface StepRunner {
  /** The examples that indices mean from now on; between `end` and `begin`. Plans that were made on others of the same shape stay. */
  use(examples: ResidentExamples): void;
  /**
   * Before a number of steps. `coming` tells how many of them will have how many examples.
   * @param kind null: of plain SGD
   * @returns what makes steps of this kind, to be given its values before the first one; null for plain SGD
   */
  begin(learningRate: number, coming: ReadonlyMap<number, number>, kind?: StepKind | null): LocalStep | null;
  /** One step on the examples at these indices; the mean loss before it: at once where that costs nothing, otherwise in the backend (the caller disposes it). */
  step(indices: Int32Array): number | tf.Scalar;
  /** After them, whether they went well or not; the model's weights can then be used by other means. */
  end(): void;
  /** How steps of each batch size are done, and why so. */
  describe(): readonly StepReport[];
  dispose(): void;
}

export interface StepReport {
  readonly batchSize: number;
  readonly mode: 'ordinary' | 'replayed';
  /** Why they are not replayed (yet); null where they are. */
  readonly reason: string | null;
  /** Memory of the plan. */
  readonly bytes: number;
}

export interface StepRunnerOptions {
  readonly model: BuiltModel;
  readonly loss: LossName;
  /** Left out: `use` says it later. */
  readonly examples?: ResidentExamples;
  readonly logger?: Logger;
  /** False: every step the ordinary way. */
  readonly replay?: boolean;
}

/** So often must a batch size come before recording pays: recording and checking cost as much as five or six ordinary steps more (measured on the 2NN and a GRU). */
const WORTH_RECORDING = 8;
/** Kinds of steps whose variables are kept: a task has one, two where edges train one part of the model after the other, or a second model for themselves, and one more in a session with two tasks. */
const MOST_KINDS = 3;
/** Plans that are kept: whole batches, the last one of an epoch, and a task's that has others. */
const MOST_PLANS = 6;

type Stage =
  | { readonly kind: 'new'; readonly seen: number }
  | { readonly kind: 'recorded'; readonly program: Program; readonly plan: Plan }
  | { readonly kind: 'checked'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly reason: string };

export function createStepRunner({ model, loss, examples: first, logger = silentLogger, replay = true }: StepRunnerOptions): StepRunner {
  let used = first ?? null;
  /** By kind and batch size. */
  const stages = new Map<string, Stage>();
  const weights = model.weights.map((weight) => weight.read() as tf.Variable);
  /** By kind; the least recently used comes first. */
  const locals = new Map<string, LocalStep>();
  let local: LocalStep | null = null;
  let kindKey = '';
  /** All that a step may change. */
  let variables: readonly tf.Variable[] = weights;
  /** Batch sizes that come often enough. */
  let worth = new Set<number>();
  let learningRate = NaN;
  let rate: tf.Scalar | null = null;

  const keyOf = (size: number): string => `${kindKey}${size}`;
  /** The most recently made come last. */
  const setStage = (size: number, stage: Stage): void => {
    stages.delete(keyOf(size));
    stages.set(keyOf(size), stage);
    const held = [...stages].filter(([, { kind }]) => kind === 'checked' || kind === 'recorded');
    if (held.length > MOST_PLANS) dropKey(held[0][0], { kind: 'new', seen: 0 });
  };
  const dropKey = (key: string, next: Stage): void => {
    const stage = stages.get(key);
    if (stage && 'plan' in stage) {
      stage.plan.settle();
      stage.plan.dispose();
    }
    stages.set(key, next);
  };
  const drop = (size: number, next: Stage): void => dropKey(keyOf(size), next);
  const settle = (): void => {
    for (const stage of stages.values()) if ('plan' in stage) stage.plan.settle();
  };
  const refuse = (size: number, reason: string, level: 'debug' | 'warn'): void => {
    logger[level]({ batchSize: size, reason }, 'steps are not replayed');
    drop(size, { kind: 'refused', reason });
  };

  const examples = (): ResidentExamples => {
    if (used === null) throw new MurmurError('internal', 'the runner of steps was given no examples');
    return used;
  };
  const withFrame = <T>(indices: Int32Array, use: (frame: StepFrame, step: () => tf.Scalar) => T): T => {
    settle();
    const scalar = (rate ??= tf.scalar(learningRate));
    const batch = examples().gather(indices);
    try {
      return use({ weights: variables, batch, rate: scalar, noise: model.noise }, () => trainStep(model, loss, batch, scalar, local));
    } finally {
      tf.dispose([batch.x, batch.labels]);
    }
  };
  /** On wasm a read is a look into the memory. */
  const take = (heap: WasmHeap | null, value: tf.Scalar): number | tf.Scalar => {
    if (heap === null) return value;
    const [number] = value.dataSync();
    value.dispose();
    return number;
  };
  const ordinary = (heap: WasmHeap | null, indices: Int32Array): number | tf.Scalar => withFrame(indices, (_, step) => take(heap, step()));

  const give = (heap: WasmHeap, plan: Plan, indices: Int32Array): void => {
    giveBatch(heap, plan, examples(), indices);
    heapFloats(heap, plan.given.rate, 1)[0] = learningRate;
  };

  const record = (heap: WasmHeap, indices: Int32Array): number | tf.Scalar => {
    const size = indices.length;
    const recording = withFrame(indices, (frame, step) => recordStep(heap, frame, step));
    const value = take(heap, recording.loss);
    if (recording.program === null) {
      refuse(size, recording.reason ?? 'unknown', 'debug');
      return value;
    }
    try {
      const plan = createPlan(recording.program, { heap, kernels: hasSimd() ? wasmKernels(heap) : null, weights: variables });
      if (typeof plan === 'string') refuse(size, plan, 'debug');
      else setStage(size, { kind: 'recorded', program: recording.program, plan });
    } catch (thrown) {
      // The step itself has been done; only the next ones will be slower than they could be.
      refuse(size, `no plan can be made of it: ${messageOf(thrown)}`, 'warn');
    }
    return value;
  };

  /** The ordinary step and the replayed one, from the same weights on the same batch. */
  const check = (heap: WasmHeap, indices: Int32Array, { program, plan }: Stage & { kind: 'recorded' }): number | tf.Scalar => {
    const size = indices.length;
    const before = snapshot(heap, variables);
    const recording = withFrame(indices, (frame, step) => recordStep(heap, frame, step));
    const value = take(heap, recording.loss) as number;
    const difference = recording.program === null ? recording.reason : differenceOf(program, recording.program);
    if (difference !== null) {
      refuse(size, difference, 'debug');
      return value;
    }
    const after = snapshot(heap, variables);
    let disagreement: string | null;
    try {
      restore(heap, variables, before);
      give(heap, plan, indices);
      const drawn = (recording.program as Program).values.flatMap(({ id, origin, contents }) => (origin === 'drawn' && contents ? [[id, contents] as const] : []));
      const replayed = plan.run(new Map(drawn));
      disagreement = sameNumber(replayed, value) ? disagreementOf(model, snapshot(heap, variables), after) : `its loss is ${replayed} replayed, not ${value}`;
    } catch (thrown) {
      disagreement = `it fails: ${messageOf(thrown)}`;
    }
    if (disagreement === null) {
      setStage(size, { kind: 'checked', plan });
    } else {
      restore(heap, variables, after);
      refuse(size, disagreement, 'warn');
    }
    return value;
  };

  const seenOf = (stage: Stage | undefined): number => (stage?.kind === 'new' ? stage.seen : 0);
  const end = (): void => {
    settle();
    rate?.dispose();
    rate = null;
  };

  const forgetPlans = (prefix = ''): void => {
    for (const key of [...stages.keys()]) {
      if (!key.startsWith(prefix)) continue;
      dropKey(key, { kind: 'new', seen: 0 });
      stages.delete(key);
    }
  };

  /** Steps to come are of this kind. */
  const turnTo = (kind: StepKind | null): void => {
    kindKey = kind === null ? '' : `${JSON.stringify(kind)} `;
    local = kind === null ? null : (locals.get(kindKey) ?? createLocalStep(model, kind));
    variables = local === null ? weights : [...weights, ...local.variables];
    if (local === null) return;
    locals.delete(kindKey);
    locals.set(kindKey, local);
    for (const [key, other] of locals) {
      if (locals.size <= MOST_KINDS) break;
      forgetPlans(key);
      other.dispose();
      locals.delete(key);
    }
  };

  return {
    use(next) {
      end();
      // Labels are as wide as their dataset makes them.
      if (used !== null && !sameRows(used, next)) forgetPlans();
      used = next;
    },
    begin(newRate, coming, kind = null) {
      end();
      turnTo(kind);
      learningRate = newRate;
      worth = new Set([...coming].flatMap(([size, count]) => (seenOf(stages.get(keyOf(size))) + count >= WORTH_RECORDING ? [size] : [])));
      return local;
    },
    step(indices) {
      const size = indices.length;
      const heap = currentWasmHeap();
      if (heap === null || !replay) return ordinary(heap, indices);
      const held = stages.get(keyOf(size));
      if (held && 'plan' in held && !held.plan.fits()) {
        drop(size, { kind: 'new', seen: 0 });
        worth.add(size);
      }
      const stage = stages.get(keyOf(size)) ?? { kind: 'new', seen: 0 };
      switch (stage.kind) {
        case 'new':
          setStage(size, { kind: 'new', seen: stage.seen + 1 });
          return worth.has(size) ? record(heap, indices) : ordinary(heap, indices);
        case 'recorded':
          return check(heap, indices, stage);
        case 'checked': {
          give(heap, stage.plan, indices);
          try {
            return stage.plan.run();
          } catch (thrown) {
            drop(size, { kind: 'new', seen: 0 });
            throw thrown instanceof MurmurError ? thrown : new MurmurError('backend_failed', 'a replayed step failed', { cause: thrown });
          }
        }
        case 'refused':
          return ordinary(heap, indices);
      }
    },
    end,
    describe: () =>
      [...stages].map(([key, stage]) => ({
        batchSize: Number(key.slice(key.lastIndexOf(' ') + 1)),
        mode: stage.kind === 'checked' ? 'replayed' : 'ordinary',
        reason: stage.kind === 'checked' ? null : stage.kind === 'refused' ? stage.reason : stage.kind === 'recorded' ? 'its replay has not been checked yet' : 'it has not been recorded yet',
        bytes: 'plan' in stage ? stage.plan.bytes : 0,
      })),
    dispose() {
      end();
      forgetPlans();
      for (const held of locals.values()) held.dispose();
      locals.clear();
    },
  };
}

/** Whether a row of the one has the form of a row of the other. */
function sameRows({ tensors: a }: ResidentExamples, { tensors: b }: ResidentExamples): boolean {
  return a.x.dtype === b.x.dtype && a.labels.dtype === b.labels.dtype && tf.util.arraysEqual(a.x.shape.slice(1), b.x.shape.slice(1)) && tf.util.arraysEqual(a.labels.shape.slice(1), b.labels.shape.slice(1));
}

function snapshot(heap: WasmHeap, variables: readonly tf.Variable[]): readonly Uint8Array[] {
  return variables.map(({ dataId, size }) => heapBytes(heap, heapAddress(heap, dataId), size * 4).slice());
}

function restore(heap: WasmHeap, variables: readonly tf.Variable[], values: readonly Uint8Array[]): void {
  variables.forEach(({ dataId, size }, i) => heapBytes(heap, heapAddress(heap, dataId), size * 4).set(values[i]));
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The same bits but for those within a NaN: 0 and −0 are two. */
const sameNumber = (a: number, b: number): boolean => Object.is(a, b);

/** The first weight in which two states of the model differ. */
function disagreementOf({ layout }: BuiltModel, replayed: readonly Uint8Array[], ordinary: readonly Uint8Array[]): string | null {
  for (const [i, bytes] of ordinary.entries()) {
    const expected = new Float32Array(bytes.buffer);
    const found = new Float32Array(replayed[i].buffer);
    for (let j = 0; j < expected.length; j++) {
      if (!sameNumber(expected[j], found[j])) return `value ${j} of ${i < layout.tensors.length ? layout.tensors[i].name : 'what the optimizer keeps'} becomes ${found[j]} replayed, not ${expected[j]}`;
    }
  }
  return null;
}
