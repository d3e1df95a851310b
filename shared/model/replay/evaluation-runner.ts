/**
 * Passes over batches of examples that learn nothing, recorded and replayed as steps of training are (step-runner.ts):
 * the first pass over a batch of a size that comes often is recorded, the second one checked, the others replayed.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { hasSimd } from '../../kernels/kernels.ts';
import { silentLogger, type Logger } from '../../logger.ts';
import type { BuiltModel } from '../build-model.ts';
import { wasmKernels } from '../kernels/wasm-backend.ts';
import type { Batch, ResidentExamples } from '../resident-examples.ts';
import { giveBatch } from './give-batch.ts';
import { createPlan, type Plan } from './plan.ts';
import type { Program } from './program.ts';
import { recordStep } from './record.ts';
import { differenceOf } from './same-program.ts';
import { currentWasmHeap, heapFloats, type WasmHeap } from './wasm-heap.ts';

export interface EvaluationRunner {
  /**
   * What `pass` gives for the examples from … to − 1: as numbers where that costs nothing, otherwise in the backend (the
   * caller disposes it). `coming`: how many batches of this size there will be, this one among them.
   */
  run(examples: ResidentExamples, from: number, to: number, coming: number): Float32Array | tf.Tensor;
  /** The size of batch that is replayed, and why there is none. */
  describe(): { readonly replayed: number | null; readonly reason: string | null };
  dispose(): void;
}

export interface EvaluationRunnerOptions {
  readonly model: BuiltModel;
  /** From a batch to some float32 numbers, the same operations each time. */
  readonly pass: (batch: Batch) => tf.Tensor;
  readonly logger?: Logger;
  /** False: every pass the ordinary way. */
  readonly replay?: boolean;
}

/** As for steps. */
const WORTH_RECORDING = 8;
/** A plan holds its memory between evaluations: more than this is kept for none. Where batches need more, arithmetic outweighs calls anyway. */
const MOST_BYTES = 16 * 2 ** 20;

type Stage =
  | { readonly kind: 'new' }
  | { readonly kind: 'recorded' | 'checked'; readonly size: number; readonly rows: string; readonly program: Program; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly reason: string };

export function createEvaluationRunner({ model, pass, logger = silentLogger, replay = true }: EvaluationRunnerOptions): EvaluationRunner {
  const weights = model.weights.map((weight) => weight.read() as tf.Variable);
  let stage: Stage = { kind: 'new' };
  /** Passes so far over batches of each size: pieces of a few batches, again and again, are worth a plan, too. */
  const seen = new Map<number, number>();

  const become = (next: Stage): void => {
    if ('plan' in stage && !('plan' in next && next.plan === stage.plan)) stage.plan.dispose();
    stage = next;
  };
  const refuse = (reason: string, level: 'debug' | 'warn'): void => {
    logger[level]({ reason }, 'evaluation is not replayed');
    become({ kind: 'refused', reason });
  };

  const onBatch = <T>(examples: ResidentExamples, from: number, to: number, use: (batch: Batch) => T): T => {
    const batch = examples.range(from, to);
    try {
      return use(batch);
    } finally {
      batch.x.dispose();
      batch.labels.dispose();
    }
  };
  const recorded = (heap: WasmHeap, examples: ResidentExamples, from: number, to: number) => {
    const { loss, program, reason } = onBatch(examples, from, to, (batch) => recordStep(heap, { weights, batch, rate: null, noise: model.noise }, () => pass(batch)));
    const values = loss.dataSync() as Float32Array;
    loss.dispose();
    if (program?.operations.some(({ type }) => type === 'assignment')) return { values, program: null, reason: 'it changes weights' };
    return { values, program, reason };
  };

  const record = (heap: WasmHeap, examples: ResidentExamples, from: number, to: number): Float32Array => {
    const { values, program, reason } = recorded(heap, examples, from, to);
    if (program === null) {
      refuse(reason ?? 'unknown', 'debug');
      return values;
    }
    try {
      const plan = createPlan(program, { heap, kernels: hasSimd() ? wasmKernels(heap) : null, weights, mostBytes: MOST_BYTES });
      if (typeof plan === 'string') refuse(plan, 'debug');
      else become({ kind: 'recorded', size: to - from, rows: rowsOf(examples), program, plan });
    } catch (thrown) {
      refuse(`no plan can be made of it: ${messageOf(thrown)}`, 'warn');
    }
    return values;
  };

  const replayed = (heap: WasmHeap, plan: Plan, examples: ResidentExamples, from: number, to: number, count: number): Float32Array => {
    giveBatch(heap, plan, examples, Int32Array.from({ length: to - from }, (_, i) => from + i));
    plan.run();
    return heapFloats(heap, plan.result, count).slice();
  };

  const check = (heap: WasmHeap, examples: ResidentExamples, from: number, to: number, now: Stage & { kind: 'recorded' | 'checked' }): Float32Array => {
    const again = recorded(heap, examples, from, to);
    const difference = again.program === null ? again.reason : differenceOf(now.program, again.program);
    if (difference !== null) {
      refuse(difference, 'debug');
      return again.values;
    }
    try {
      const values = replayed(heap, now.plan, examples, from, to, again.values.length);
      if (values.every((value, i) => Object.is(value, again.values[i]))) become({ ...now, kind: 'checked' });
      else refuse(`it gives ${values.join(' and ')} replayed, not ${again.values.join(' and ')}`, 'warn');
    } catch (thrown) {
      refuse(`it fails: ${messageOf(thrown)}`, 'warn');
    }
    return again.values;
  };

  return {
    run(examples, from, to, coming) {
      const heap = replay ? currentWasmHeap() : null;
      const size = to - from;
      const before = seen.get(size) ?? 0;
      seen.set(size, before + 1);
      const fits = 'plan' in stage && stage.size === size && stage.rows === rowsOf(examples);
      if (heap !== null && fits && !(stage as { plan: Plan }).plan.fits()) become({ kind: 'new' });
      if (heap !== null && stage.kind !== 'refused') {
        if (fits && stage.kind === 'recorded') return check(heap, examples, from, to, stage);
        if (fits && stage.kind === 'checked') return replayed(heap, stage.plan, examples, from, to, stage.program.loss.value.elements);
        if (before + coming >= WORTH_RECORDING) return record(heap, examples, from, to);
      }
      return onBatch(examples, from, to, pass);
    },
    describe: () => ({ replayed: stage.kind === 'checked' ? stage.size : null, reason: stage.kind === 'refused' ? stage.reason : null }),
    dispose: () => become({ kind: 'new' }),
  };
}

/** A plan serves examples of one form. */
const rowsOf = ({ tensors: { x, labels } }: ResidentExamples): string => `${x.dtype} ${x.shape.slice(1).join()} ${labels.dtype} ${labels.shape.slice(1).join()}`;

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
