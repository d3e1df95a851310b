/**
 * Kernels of TensorFlow.js that are called straight, without the JavaScript around them: functions of one tensor, softmax,
 * one-hot. Its C++ half knows tensors by number. A kernel that is replaced in the registry must leave this table, too.
 */
import { lowered, type Lowered, type Lowering, type LoweringTools } from '../lowering.ts';
import { inputOf, sizeOf, type Operand } from '../program.ts';
import type { HeapDtype } from '../wasm-heap.ts';

/** As the C++ half of the backend numbers types. */
const DTYPE: Readonly<Record<HeapDtype, number>> = { float32: 0, int32: 1, bool: 2 };

/** `parameters`: what the function takes behind the number of its input, the output's number (`out`) among them. */
function straight(kernel: string, { heap, tensorAt }: LoweringTools, x: Operand | null, out: Operand, parameters: readonly (number | 'out')[]): Lowered | null {
  if (!x || sizeOf(out.shape) === 0) return null;
  const call = heap.wasm.cwrap(kernel, null, new Array<'number'>(parameters.length + 1).fill('number'));
  return lowered((at) => {
    const numberOf = (operand: Operand): number => heap.dataIdMap.get(tensorAt(operand.shape, operand.dtype, at(operand)).dataId).id;
    const from = numberOf(x);
    const to = numberOf(out);
    const [a, b, c, d] = parameters.map((parameter) => (parameter === 'out' ? to : parameter));
    return () => call(from, a, b, c, d);
  });
}

const unary = (kernel: string): Lowering => (operation, tools) => {
  const x = inputOf(operation, 'x');
  return straight(kernel, tools, x, operation.outputs[0], [DTYPE[x?.dtype ?? 'float32'], 'out']);
};

const UNARY = ['Abs', 'Elu', 'Exp', 'Log', 'Log1p', 'Reciprocal', 'Relu6', 'Rsqrt', 'Selu', 'Sign', 'Softplus', 'Sqrt'];

export const straightCalls: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(UNARY.map((kernel) => [kernel, unary(kernel)])),
  Sigmoid: (operation, tools) => straight('Sigmoid', tools, inputOf(operation, 'x'), operation.outputs[0], ['out']),
  Softmax(operation, tools) {
    const logits = inputOf(operation, 'logits');
    const channels = logits?.shape[operation.attrs.dim as number] ?? 1;
    return straight('Softmax', tools, logits, operation.outputs[0], ['out', channels, sizeOf(logits?.shape ?? []) / channels]);
  },
  OneHot(operation, tools) {
    const { depth, onValue, offValue } = operation.attrs as { depth: number; onValue: number; offValue: number };
    return straight('OneHot', tools, inputOf(operation, 'indices'), operation.outputs[0], [depth, onValue, offValue, 'out']);
  },
};
