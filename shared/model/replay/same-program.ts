/** Whether two recordings tell of the same step: a step that does other things the second time cannot be replayed. */
import type { Operand, Operation, Program, Value } from './program.ts';

/** @returns null where they are the same but for what is drawn, otherwise the first difference. */
export function differenceOf(a: Program, b: Program): string | null {
  if (a.operations.length !== b.operations.length) return `it has ${a.operations.length} operations once and ${b.operations.length} the next time`;
  for (const [i, operation] of a.operations.entries()) {
    if (!sameOperation(operation, b.operations[i])) return `its operation ${i} is ${nameOf(operation)} on other things than the next time (${nameOf(b.operations[i])})`;
  }
  for (const [i, value] of a.values.entries()) {
    const other = b.values[i];
    if (value.origin !== other.origin || value.elements !== other.elements) return `its value ${i} is ${value.origin} and the next time ${other.origin}`;
    if (value.origin !== 'drawn' && !sameBytes(value, other)) return `a value that is ${value.origin} changes from step to step`;
  }
  return sameOperand(a.loss, b.loss) ? null : 'its loss comes from elsewhere the next time';
}

const nameOf = (operation: Operation): string => (operation.type === 'kernel' ? operation.kernel : operation.type);

function sameOperation(a: Operation, b: Operation): boolean {
  if (a.type === 'assignment') return b.type === 'assignment' && a.to.id === b.to.id && sameOperand(a.from, b.from);
  return b.type === 'kernel' && a.kernel === b.kernel && sameOperands(a.inputs, b.inputs) && sameOperands(a.outputs, b.outputs) && same(a.names, b.names) && same(a.attrs, b.attrs) && same(a.made, b.made);
}

function sameOperands(a: readonly (Operand | null)[], b: readonly (Operand | null)[]): boolean {
  return a.length === b.length && a.every((operand, i) => sameOperand(operand, b[i]));
}

function sameOperand(a: Operand | null, b: Operand | null): boolean {
  if (a === null || b === null) return a === b;
  return a.value.id === b.value.id && a.offset === b.offset && a.dtype === b.dtype && same(a.shape, b.shape);
}

/** Of plain data. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function sameBytes({ contents: a }: Value, { contents: b }: Value): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
