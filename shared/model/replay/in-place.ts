/** What may be written over what it is computed from. */
import { FUSED } from './fuse.ts';
import { readBy, sizeOf, type Assignment, type KernelOperation, type Operand, type Operation, type Value } from './program.ts';

/** Kernels whose output may lie where an input of the same size does: element i of the one is computed from element i of the other alone. */
const IN_PLACE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'Neg', 'Relu', 'Square', 'Sqrt', 'Abs', 'ClipByValue', 'Tanh', FUSED.descend, FUSED.descendByProduct, FUSED.multiplyByStep, FUSED.whereWithin]);

/** An input whose place the output can take, since it `dies` with this operation. */
export function replaceableInput(operation: KernelOperation, output: Value, dies: (input: Value) => boolean): Value | undefined {
  if (!IN_PLACE.has(operation.kernel)) return undefined;
  return operation.inputs.find((input) => input && dies(input.value) && input.value !== output && canTakePlaceOf(operation, input.value, output))?.value;
}

/** Whether the kernel reads the value element by element as it writes the output. */
function canTakePlaceOf(operation: KernelOperation, value: Value, output: Value): boolean {
  return (
    IN_PLACE.has(operation.kernel) &&
    value.elements === output.elements &&
    value.dtype === output.dtype &&
    operation.inputs.every((input, i) => input?.value !== value || (input.offset === 0 && sizeOf(input.shape) === output.elements && !(operation.kernel === FUSED.descendByProduct && i > 0)))
  );
}

/** The values that can be computed right where the weight lies that they are assigned to. */
export function computedInWeights(operations: readonly Operation[], loss: Operand): ReadonlyMap<Value, Value> {
  const made = new Map<Value, number>();
  const readAt = new Map<Value, number[]>();
  const assignedAt = new Map<Value, number[]>();
  operations.forEach((operation, at) => {
    if (operation.type === 'kernel') for (const { value } of operation.outputs) made.set(value, at);
    else assignedAt.set(operation.to, [...(assignedAt.get(operation.to) ?? []), at]);
    for (const { value } of readBy(operation)) readAt.set(value, [...(readAt.get(value) ?? []), at]);
  });
  const found = new Map<Value, Value>();
  operations.forEach((operation, at) => {
    if (operation.type !== 'assignment') return;
    const { to, from } = operation;
    const birth = made.get(from.value);
    if (birth === undefined || found.has(from.value) || from.offset !== 0 || from.value.elements !== to.elements || from.value === loss.value) return;
    // The weight's old values must have been read for the last time, and the new ones before they are overwritten.
    const oldRead = (readAt.get(to) ?? []).some((read) => read > birth && read <= at);
    const overwritten = (assignedAt.get(to) ?? []).some((other) => other !== at && other > birth && (other < at || (readAt.get(from.value) ?? []).some((read) => read > other)));
    if (oldRead || overwritten || !canWriteOver(operations[birth] as KernelOperation, operation)) return;
    found.set(from.value, to);
  });
  return found;
}

function canWriteOver(maker: KernelOperation, { to, from }: Assignment): boolean {
  return maker.inputs.some((input) => input?.value === to) ? canTakePlaceOf(maker, to, from.value) : maker.outputs.length === 1;
}
