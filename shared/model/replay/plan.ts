/** A step that is ready to be replayed. */
import type * as tf from '@tensorflow/tfjs-core';
import { compileStep, type CompiledStep, type CompileOptions } from './compile.ts';
import type { Program } from './program.ts';
import { heapBytes, heapFloats, renumber, type WasmHeap } from './wasm-heap.ts';

export interface Plan {
  /** Bytes of memory that it holds, beside the weights. */
  readonly bytes: number;
  /** Addresses where a step's inputs are to be written, and how else examples can be given. */
  readonly given: CompiledStep['given'];
  readonly sparse: CompiledStep['sparse'];
  /** Address of what a run gives: the loss, or the first of several numbers. */
  readonly result: number;
  /** Whether the weights still lie where they lay. */
  fits(): boolean;
  /**
   * One step on the inputs written, the weights changed in place; the loss before it. What a step draws is drawn anew, unless
   * given by the ids of its values. Whoever uses the weights by other means calls `settle` before.
   */
  run(draws?: ReadonlyMap<number, Uint8Array>): number;
  /** Tells the backend that the weights have changed. */
  settle(): void;
  dispose(): void;
}

/** @returns the plan, or the reason why there is none */
export function createPlan(program: Program, options: CompileOptions): Plan | string {
  const step = compileStep(program, options);
  return typeof step === 'string' ? step : planOf(step, options.heap, options.weights);
}

function planOf({ bytes, runs, outputs, given, sparse, loss, drawn, free }: CompiledStep, heap: WasmHeap, weights: readonly tf.Variable[]): Plan {
  const homes = weights.map((variable) => variable.dataId);
  let unsettled = false;
  return {
    bytes,
    given,
    sparse,
    result: loss,
    fits: () => weights.every((variable, i) => variable.dataId === homes[i] && !variable.isDisposed),
    run(draws) {
      unsettled = true;
      for (const { id, address, elements, draw } of drawn) {
        const known = draws?.get(id);
        if (known) heapBytes(heap, address, known.length).set(known);
        else draw(heapFloats(heap, address, elements));
      }
      outputs.open();
      try {
        for (let i = 0; i < runs.length; i++) runs[i]();
      } finally {
        outputs.close();
      }
      return heapFloats(heap, loss, 1)[0];
    },
    settle() {
      if (!unsettled) return;
      unsettled = false;
      for (const dataId of homes) if (heap.dataIdMap.has(dataId)) renumber(heap, dataId);
    },
    dispose: free,
  };
}
