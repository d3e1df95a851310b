/** Which operations of a step give the same each time: they run once, when the plan is made. */
import { readBy, type KernelOperation, type Operation, type Program, type Value } from './program.ts';

export interface Staged {
  /** Once, in this order. */
  readonly setup: readonly KernelOperation[];
  /** At each step, in this order. */
  readonly operations: readonly Operation[];
  /** Values that no step changes. */
  readonly constants: ReadonlySet<Value>;
}

export function stage(program: Program): Staged {
  const constants = new Set(program.values.filter(({ origin }) => origin === 'written' || origin === 'outside'));
  const setup: KernelOperation[] = [];
  const operations: Operation[] = [];
  for (const operation of program.operations) {
    if (operation.type === 'kernel' && readBy(operation).every(({ value }) => constants.has(value))) {
      setup.push(operation);
      for (const { value } of operation.outputs) constants.add(value);
    } else {
      operations.push(operation);
    }
  }
  return { setup, operations, constants };
}
