/** What a recorded step need not do again: copies, the same calculation twice, what nobody reads. Changes no bit of what it gives. */
import { slice_util, util } from '@tensorflow/tfjs-core';
import { BYTES_PER_ELEMENT } from './wasm-heap.ts';
import { inputOf, readBy, sizeOf, type KernelOperation, type Operand, type Operation, type Program, type Value } from './program.ts';

/** Where an output's bytes lie already. */
interface Place {
  readonly value: Value;
  readonly offset: number;
}

/** The program without copies and repetitions and without what neither the loss nor a weight depends on. */
export function simplify(program: Program): Program {
  const places = new Map<Value, Place>();
  const lastRead = lastReads(program);
  const overwritten = assignmentsOf(program);
  const versions = new Map<Value, number>();
  const seen = new Map<string, readonly Operand[]>();
  const operations: Operation[] = [];

  mergeConstants(program, places);
  const resolve = (operand: Operand): Operand => {
    const place = places.get(operand.value);
    return place ? { ...operand, value: place.value, offset: place.offset + operand.offset } : operand;
  };
  program.operations.forEach((operation, at) => {
    if (operation.type === 'assignment') {
      operations.push({ ...operation, from: resolve(operation.from) });
      versions.set(operation.to, (versions.get(operation.to) ?? 0) + 1);
      return;
    }
    const resolved = asFill({ ...operation, inputs: operation.inputs.map((input) => input && resolve(input)) });
    const copies = copiesOf(resolved);
    // A copy of a weight is none any more once the weight has changed.
    const staysTrue = ({ value }: Place, copy: Operand): boolean => (overwritten.get(value) ?? []).every((when) => when < at || (lastRead.get(copy.value) ?? -1) <= when);
    if (copies?.every((place, i) => staysTrue(place, operation.outputs[i]))) {
      copies.forEach((place, i) => places.set(operation.outputs[i].value, place));
      return;
    }
    const key = keyOf(resolved, versions);
    const before = seen.get(key);
    if (before !== undefined) {
      before.forEach(({ value, offset }, i) => places.set(operation.outputs[i].value, { value, offset }));
      return;
    }
    seen.set(key, operation.outputs);
    operations.push(resolved);
  });
  return withoutDead({ values: program.values, operations, loss: resolve(program.loss) });
}

/** Index of the last operation that reads a value or a copy of it; the loss is read behind the end. */
function lastReads({ operations, loss }: Program): ReadonlyMap<Value, number> {
  const last = new Map<Value, number>([[loss.value, operations.length]]);
  const note = (value: Value, at: number): void => void last.set(value, Math.max(last.get(value) ?? -1, at));
  for (let at = operations.length - 1; at >= 0; at--) {
    const operation = operations[at];
    for (const { value } of readBy(operation)) {
      note(value, at);
      if (operation.type === 'assignment') continue;
      // Whether it is a copy shows later; here every output counts as one.
      if (copiesOf(operation)) for (const output of operation.outputs) note(value, last.get(output.value) ?? -1);
    }
  }
  return last;
}

function assignmentsOf({ operations }: Program): ReadonlyMap<Value, readonly number[]> {
  const found = new Map<Value, number[]>();
  operations.forEach((operation, at) => {
    if (operation.type === 'assignment') found.set(operation.to, [...(found.get(operation.to) ?? []), at]);
  });
  return found;
}

/** Constants that the host writes again and again (a factor of one half in each cell of a recurrent layer) become one. */
function mergeConstants({ values }: Program, places: Map<Value, Place>): void {
  const first = new Map<string, Value>();
  for (const value of values) {
    if (value.origin !== 'written' || !value.contents || value.contents.length > 256) continue;
    const key = `${value.dtype} ${value.contents.join()}`;
    const before = first.get(key);
    if (before) places.set(value, { value: before, offset: 0 });
    else first.set(key, value);
  }
}

/** Zeros and ones of the shape of something are zeros and ones: they do not wait for it. */
function asFill(operation: KernelOperation): KernelOperation {
  if (operation.kernel !== 'ZerosLike' && operation.kernel !== 'OnesLike') return operation;
  const { shape, dtype } = operation.outputs[0];
  return { ...operation, kernel: 'Fill', names: [], inputs: [], attrs: { shape: [...shape], value: operation.kernel === 'OnesLike' ? 1 : 0, dtype } };
}

/** Where the outputs' bytes lie in the inputs, for kernels that do nothing but copy them in one piece each; otherwise null. */
function copiesOf(operation: KernelOperation): readonly Place[] | null {
  const { kernel, attrs, outputs, inputs } = operation;
  const x = inputOf(operation, kernel === 'Unpack' ? 'value' : 'x') ?? (inputs.length === 1 ? inputs[0] : null);
  if (x === null || outputs.some(({ dtype }) => dtype !== x.dtype)) return null;
  const from = (bytes: number): Place => ({ value: x.value, offset: x.offset + bytes });
  const inOrder = (): readonly Place[] => {
    let bytes = 0;
    return outputs.map(({ shape, dtype }) => {
      const place = from(bytes);
      bytes += sizeOf(shape) * BYTES_PER_ELEMENT[dtype];
      return place;
    });
  };
  /** Whether the axes before this one have one position only, so that what lies along it lies in one piece. */
  const outermost = (axis: number): boolean => sizeOf(x.shape.slice(0, axis < 0 ? axis + x.shape.length : axis)) === 1;
  switch (kernel) {
    case 'Identity':
    case 'Cast':
      return inOrder();
    case 'Transpose': {
      const moved = (attrs.perm as readonly number[]).filter((axis) => x.shape[axis] !== 1);
      return moved.every((axis, i) => i === 0 || axis > moved[i - 1]) ? inOrder() : null;
    }
    case 'Tile':
      return (attrs.reps as readonly number[]).every((times) => times === 1) ? inOrder() : null;
    case 'Concat':
    case 'Pack':
      return inputs.length === 1 ? inOrder() : null;
    case 'SplitV':
    case 'Unpack':
      return outermost(attrs.axis as number) ? inOrder() : null;
    case 'Slice': {
      const [begin, size] = slice_util.parseSliceParams({ shape: [...x.shape] } as Parameters<typeof slice_util.parseSliceParams>[0], attrs.begin as number[], attrs.size as number[]);
      if (!slice_util.isSliceContinous([...x.shape], begin, size)) return null;
      return [from(slice_util.computeFlatOffset(begin, util.computeStrides([...x.shape])) * BYTES_PER_ELEMENT[x.dtype])];
    }
    default:
      return null;
  }
}

/** Equal for operations that give the same: same kernel, same inputs at the same stage of the weights, same attributes. */
function keyOf({ kernel, inputs, names, attrs, outputs }: KernelOperation, versions: ReadonlyMap<Value, number>): string {
  const operand = (input: Operand | null): unknown => input && [input.value.id, versions.get(input.value) ?? 0, input.offset, input.shape, input.dtype];
  return JSON.stringify([kernel, names, inputs.map(operand), attrs, outputs.map(({ shape, dtype }) => [shape, dtype])], (_, value: unknown) =>
    // JSON has none of these, and would make all of them the same.
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? `number ${Object.is(value, -0) ? '-0' : value}` : value,
  );
}

export function withoutDead(program: Program): Program {
  const needed = new Set<Value>([program.loss.value]);
  const kept: Operation[] = [];
  for (const operation of [...program.operations].reverse()) {
    if (operation.type === 'kernel' && !operation.outputs.some(({ value }) => needed.has(value))) continue;
    for (const { value } of readBy(operation)) needed.add(value);
    kept.push(operation);
  }
  return { ...program, operations: kept.reverse() };
}
