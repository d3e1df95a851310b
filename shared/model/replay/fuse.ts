/** Operations that only prepare the next one, made one with it: a pass over the memory less, the same bits. */
import { inputOf, readBy, sizeOf, type KernelOperation, type Operand, type Operation, type Program, type Value } from './program.ts';
import { withoutDead } from './simplify.ts';

/** Kernels that are none of TensorFlow.js's: what `fuse` makes. Each has a lowering that always serves. */
export const FUSED = { descend: 'Descend', descendByProduct: 'DescendByProduct', multiplyByStep: 'MultiplyByStep', whereWithin: 'WhereWithin' } as const;

/** What a pattern may ask of the operations before. */
interface Context {
  /** The operation that made this operand, if it was made whole, is read here alone, and could as well be done now. */
  onlyFor(operand: Operand | null, kernel: string): KernelOperation | null;
  /** The operand's one value, where it is a constant of the model. */
  constant(operand: Operand | null): number | null;
}

type Pattern = (operation: KernelOperation, context: Context) => KernelOperation | null;

export function fuse(program: Program): Program {
  const makers = new Map<Value, KernelOperation>();
  const readers = new Map<Value, number>([[program.loss.value, 2]]);
  for (const operation of program.operations) {
    for (const { value } of readBy(operation)) readers.set(value, (readers.get(value) ?? 0) + 1);
  }
  const context: Context = {
    onlyFor(operand, kernel) {
      const maker = operand && makers.get(operand.value);
      if (!maker || maker.kernel !== kernel || readers.get(operand.value) !== 1 || operand.offset !== 0 || operand.value.elements !== sizeOf(operand.shape)) return null;
      // A weight may have changed since.
      return maker.inputs.some((input) => input?.value.origin === 'weight') ? null : maker;
    },
    constant(operand) {
      if (operand?.dtype !== 'float32') return null;
      const maker = makers.get(operand.value);
      if (maker?.kernel === 'Fill') return maker.attrs.value as number;
      const { contents, origin, elements } = operand.value;
      return origin === 'written' && contents && elements === 1 ? new Float32Array(contents.buffer, contents.byteOffset, 1)[0] : null;
    },
  };
  const operations = program.operations.map((operation): Operation => {
    if (operation.type === 'assignment') return operation;
    const fused = patterns[operation.kernel]?.(operation, context) ?? operation;
    for (const { value } of fused.outputs) makers.set(value, fused);
    return fused;
  });
  return withoutDead({ ...program, operations });
}

const isFloat = (...operands: (Operand | null)[]): boolean => operands.every((operand) => operand?.dtype === 'float32');
const sameSize = (...operands: (Operand | null)[]): boolean => operands.every((operand) => operand && sizeOf(operand.shape) === sizeOf((operands[0] as Operand).shape));

const patterns: Readonly<Record<string, Pattern>> = {
  /** w − gradient · rate */
  Sub(operation, { onlyFor }) {
    const [w, scaled] = [inputOf(operation, 'a'), inputOf(operation, 'b')];
    const product = onlyFor(scaled, 'Multiply');
    const [gradient, rate] = product ? [inputOf(product, 'a'), inputOf(product, 'b')] : [null, null];
    if (!isFloat(w, gradient, rate) || !sameSize(operation.outputs[0], w, gradient) || sizeOf((rate as Operand).shape) !== 1) return null;
    // Where the gradient is a product of matrices, it need not be in memory at all.
    const made = onlyFor(gradient, 'BatchMatMul');
    const [a, b] = made ? [inputOf(made, 'a'), inputOf(made, 'b')] : [null, null];
    if (made && isFloat(a, b)) {
      return { ...operation, kernel: FUSED.descendByProduct, names: ['w', 'a', 'b', 'rate'], inputs: [w, a, b, rate], attrs: made.attrs };
    }
    return { ...operation, kernel: FUSED.descend, names: ['w', 'gradient', 'rate'], inputs: [w, gradient, rate] };
  },
  /** The gradient of relu: dy · step(x) */
  Multiply(operation, { onlyFor }) {
    const [a, b] = [inputOf(operation, 'a'), inputOf(operation, 'b')];
    const step = onlyFor(b, 'Step');
    const x = step && inputOf(step, 'x');
    if (!step || !isFloat(a, x) || !sameSize(operation.outputs[0], a, x)) return null;
    return { ...operation, kernel: FUSED.multiplyByStep, names: ['a', 'x'], inputs: [a, x], attrs: step.attrs };
  },
  /** The gradient of clipping: dy where least ≤ x ≤ most, otherwise 0 */
  Select(operation, { onlyFor, constant }) {
    const both = onlyFor(inputOf(operation, 'condition'), 'LogicalAnd');
    const above = both && onlyFor(inputOf(both, 'a'), 'GreaterEqual');
    const below = both && onlyFor(inputOf(both, 'b'), 'LessEqual');
    if (!above || !below) return null;
    const [x, sameX, dy] = [inputOf(above, 'a'), inputOf(below, 'a'), inputOf(operation, 't')];
    const [least, most] = [constant(inputOf(above, 'b')), constant(inputOf(below, 'b'))];
    if (!x || !sameX || x.value !== sameX.value || x.offset !== sameX.offset || least === null || most === null || !Object.is(constant(inputOf(operation, 'e')), 0)) return null;
    if (!isFloat(x, dy) || !sameSize(operation.outputs[0], x, dy)) return null;
    return { ...operation, kernel: FUSED.whereWithin, names: ['x', 'a'], inputs: [x, dy], attrs: { least, most } };
  },
};
