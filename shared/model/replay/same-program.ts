/** Whether two recordings tell of the same step: a step that does other things the second time cannot be replayed. */
import type { Operand, Operation, Program } from './program.ts';

/** @returns null where they are the same but for what is drawn, otherwise the first difference. */
export function differenceOf(a: Program, b: Program): string | null {
  if (a.operations.length !== b.operations.length) return `it has ${a.operations.length} operations once and ${b.operations.length} the next time`;
  for (const [i, operation] of a.operations.entries()) {
    if (outline(operation) !== outline(b.operations[i])) return `its operation ${i} is ${nameOf(operation)} on other things than the next time (${nameOf(b.operations[i])})`;
  }
  for (const [i, value] of a.values.entries()) {
    const other = b.values[i];
    if (value.origin !== other.origin || value.elements !== other.elements) return `its value ${i} is ${value.origin} and the next time ${other.origin}`;
    if (value.origin !== 'drawn' && !sameBytes(value.contents, other.contents)) return `a value that is ${value.origin} changes from step to step`;
  }
  return sameOperand(a.loss, b.loss) ? null : 'its loss comes from elsewhere the next time';
}

const nameOf = (operation: Operation): string => (operation.type === 'kernel' ? operation.kernel : operation.type);

const describe = (operand: Operand | null): unknown => operand && [operand.value.id, operand.offset, operand.shape, operand.dtype];
const sameOperand = (a: Operand, b: Operand): boolean => JSON.stringify(describe(a)) === JSON.stringify(describe(b));

function outline(operation: Operation): string {
  if (operation.type === 'assignment') return JSON.stringify([operation.to.id, describe(operation.from)]);
  const { kernel, names, inputs, attrs, outputs, made } = operation;
  // What JSON cannot tell apart (infinities, NaN) is told apart by its text.
  return JSON.stringify([kernel, names, inputs.map(describe), attrs, outputs.map(describe), made], (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
