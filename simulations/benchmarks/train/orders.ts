/** What a training process of the benchmark is asked and answers, whoever trains in it. */
import type { BenchProcess } from '../child-process.ts';
import type { TrainBackend } from './cases.ts';

/** One call of training, from the exercise's weights on. */
export interface Turn {
  readonly epochs: number;
  /** Decides the order of the examples. */
  readonly seed: number;
}

export interface TrainedTurn {
  /** Of all steps, without loading the weights before and reading them after. */
  readonly ms: number;
  /** Processor time of the whole process meanwhile, in ms: what a busy machine cannot falsify. */
  readonly cpuMs: number;
  readonly steps: number;
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
  /** Euclidean distance of the trained weights from those before. */
  readonly moved: number;
  /** Tensors after the training less those before it; null where nobody counts. */
  readonly tensorsLeft: number | null;
}

export type TrainOrders = {
  start: { payload: { readonly folder: string; readonly backend: TrainBackend }; answer: null };
  train: { payload: Turn; answer: TrainedTurn };
  /** Trains on for so many steps at least; resident memory after a tenth of them and after all, in bytes, behind a collection. */
  endure: { payload: { readonly steps: number }; answer: { readonly early: number; readonly late: number } };
};
export type TrainProcess = BenchProcess<TrainOrders>;

/** Times `work`, by the clock and by the processor. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number; readonly cpuMs: number }> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const result = await work();
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { result, ms, cpuMs: (user + system) / 1000 };
}

export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
