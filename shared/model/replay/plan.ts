/** A step that is ready to be replayed: its memory, and its operations one after the other, each a call with nothing left to find out. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Kernels } from '../../kernels/kernels.ts';
import { stage } from './constants.ts';
import { fuse } from './fuse.ts';
import { createOutputServer } from './general.ts';
import { lower } from './lower.ts';
import type { Addresses, LoweringTools, Run } from './lowering.ts';
import { place } from './place.ts';
import type { Operation, Program, Value } from './program.ts';
import { simplify } from './simplify.ts';
import { heapAddress, heapBytes, heapFloats, placeAt, removePlaced, renumber, type WasmHeap } from './wasm-heap.ts';

export interface Plan {
  /** Bytes of memory that it holds, beside the weights. */
  readonly bytes: number;
  /** Where a step's inputs are to be written. */
  readonly x: number;
  readonly labels: number;
  readonly rate: number;
  /** Whether the weights still lie where they lay. */
  fits(): boolean;
  /**
   * One step on the inputs written, the weights changed in place; the loss before it. Draws what the step draws anew, unless given.
   * Whoever uses the weights by other means calls `settle` before.
   */
  run(draws?: ReadonlyMap<number, Uint8Array>): number;
  /** Tells the backend that the weights have changed. */
  settle(): void;
  dispose(): void;
}

/** A plan may not hold more than this. */
const MOST_BYTES = 256 * 2 ** 20;

export interface PlanOptions {
  readonly heap: WasmHeap;
  readonly kernels: Kernels | null;
  readonly weights: readonly tf.Variable[];
}

/** @returns the plan, or the reason why there is none. */
export function createPlan(program: Program, { heap, kernels, weights }: PlanOptions): Plan | string {
  const simplified = simplify(program);
  const simple = kernels ? fuse(simplified) : simplified;
  const staged = stage(simple);
  const placed: tf.TensorInfo[] = [];
  const server = createOutputServer(heap);
  const tools: LoweringTools = {
    heap,
    kernels,
    withOutputs: server.withOutputs,
    tensorAt(shape, dtype, address) {
      const tensor = placeAt(heap, shape, dtype, address);
      placed.push(tensor);
      return tensor;
    },
  };
  const everything: readonly Operation[] = [...staged.setup, ...staged.operations];
  const lowered = everything.map((operation) => lower(operation, tools));
  const placement = place(simple, staged, lowered);
  if (placement.bytes > MOST_BYTES) return `it would need ${Math.ceil(placement.bytes / 2 ** 20)} MB`;

  const arena = heap.makeOutput([placement.bytes / 4 + 16], 'float32');
  const base = Math.ceil(heapAddress(heap, arena.dataId) / 64) * 64;
  const homes = weights.map((variable) => variable.dataId);
  const weightAddresses = homes.map((dataId) => heapAddress(heap, dataId));
  const dispose = (): void => {
    for (const tensor of placed.splice(0)) removePlaced(heap, tensor);
    heap.disposeData(arena.dataId);
  };
  const addressOf = (value: Value): number => {
    const weight = (placement.inWeights.get(value) ?? value).weight;
    return weight === undefined ? base + (placement.offsets.get(value) as number) : weightAddresses[weight];
  };
  const at: Addresses = ({ value, offset }) => addressOf(value) + offset;
  const given = (origin: Value['origin']): number => addressOf(simple.values.find((value) => value.origin === origin) as Value);
  try {
    for (const value of simple.values) if (value.contents && placement.offsets.has(value)) heapBytes(heap, addressOf(value), value.contents.length).set(value.contents);
    const runs = lowered.map((one, i) => (needsNoRun(everything[i], placement.inWeights) ? null : one.bind(at, base + placement.scratch[i])));
    const setup = runs.slice(0, staged.setup.length).filter((run) => run !== null);
    const steps = runs.slice(staged.setup.length).filter((run): run is Run => run !== null);
    const drawn = simple.values.filter(({ origin }) => origin === 'drawn');
    const loss = at(simple.loss);
    let unsettled = false;
    server.open();
    try {
      for (const run of setup) run();
    } finally {
      server.close();
    }
    return {
      bytes: placement.bytes,
      x: given('x'),
      labels: given('labels'),
      rate: given('rate'),
      fits: () => weights.every((variable, i) => variable.dataId === homes[i] && !variable.isDisposed),
      run(draws) {
        unsettled = true;
        for (const value of drawn) {
          const values = heapFloats(heap, addressOf(value), value.elements);
          const known = draws?.get(value.id);
          if (known) heapBytes(heap, addressOf(value), known.length).set(known);
          else value.draw?.(values);
        }
        server.open();
        try {
          for (let i = 0; i < steps.length; i++) steps[i]();
        } finally {
          server.close();
        }
        return heapFloats(heap, loss, 1)[0];
      },
      settle() {
        if (!unsettled) return;
        unsettled = false;
        for (const dataId of homes) if (heap.dataIdMap.has(dataId)) renumber(heap, dataId);
      },
      dispose,
    };
  } catch (thrown) {
    dispose();
    throw thrown;
  }
}

/** An assignment of what was computed in the weight's own place has been done already. */
function needsNoRun(operation: Operation, inWeights: ReadonlyMap<Value, Value>): boolean {
  return operation.type === 'assignment' && (operation.from.value === operation.to || inWeights.get(operation.from.value) === operation.to);
}
