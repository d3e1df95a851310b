/** Arithmetic element by element, with broadcasting, and functions of single elements. */
import type { Kernels } from '../../../kernels/kernels.ts';
import type { BinaryKernel } from '../../../kernels/twins/elementwise.ts';
import { FUSED } from '../fuse.ts';
import { lowered, type Lowering } from '../lowering.ts';
import { floatOperands, inputOf, sizeOf, type Operand } from '../program.ts';

/** How two operands lie beside a result of rows and columns: elements from row to row, from column to column. */
export interface Broadcast {
  readonly rows: number;
  readonly columns: number;
  readonly a: { readonly row: number; readonly column: 0 | 1 };
  readonly b: { readonly row: number; readonly column: 0 | 1 };
}

/**
 * Broadcasting as rows and columns: axes next to each other in which each operand either has every position, or one for
 * all, are one axis. @returns null where more than two are left.
 */
export function broadcastOf(a: readonly number[], b: readonly number[], out: readonly number[]): Broadcast | null {
  const aligned = (shape: readonly number[]): number[] => [...new Array<number>(out.length - shape.length).fill(1), ...shape];
  const [ofA, ofB] = [aligned(a), aligned(b)];
  const groups: { size: number; a: boolean; b: boolean }[] = [];
  out.forEach((size, axis) => {
    if (size === 1) return;
    const moves = { a: ofA[axis] !== 1, b: ofB[axis] !== 1 };
    const last = groups.at(-1);
    if (last && last.a === moves.a && last.b === moves.b) last.size *= size;
    else groups.push({ size, ...moves });
  });
  if (groups.length > 2) return null;
  const columns = groups.at(-1) ?? { size: 1, a: true, b: true };
  const rows = groups.length === 2 ? groups[0] : { size: 1, a: false, b: false };
  const strides = (name: 'a' | 'b'): Broadcast['a'] => ({ row: rows[name] ? (columns[name] ? columns.size : 1) : 0, column: columns[name] ? 1 : 0 });
  return { rows: rows.size, columns: columns.size, a: strides('a'), b: strides('b') };
}

const binary = (name: 'addArrays' | 'subtractArrays' | 'multiplyArrays' | 'divideArrays'): Lowering => (operation, { kernels }) => {
  const floats = floatOperands(inputOf(operation, 'a'), inputOf(operation, 'b'), operation.outputs[0]);
  if (!kernels || !floats) return null;
  const [a, b, out] = floats;
  const how = broadcastOf(a.shape, b.shape, out.shape);
  if (how === null) return null;
  const run: BinaryKernel = kernels[name];
  const { rows, columns } = how;
  const [aRow, aColumn, bRow, bColumn] = [how.a.row, how.a.column, how.b.row, how.b.column];
  return lowered((at) => {
    const [x, y, result] = [at(a), at(b), at(out)];
    return () => run(x, y, result, rows, columns, aRow, aColumn, bRow, bColumn);
  });
};

/** A function of x alone. */
const unary = (bind: (kernels: Kernels, x: number, out: number, count: number, attrs: Readonly<Record<string, unknown>>) => () => void): Lowering => (operation, { kernels }) => {
  const floats = floatOperands(inputOf(operation, 'x'), operation.outputs[0]);
  if (!kernels || !floats) return null;
  const [x, out] = floats;
  const count = sizeOf(out.shape);
  return lowered((at) => bind(kernels, at(x), at(out), count, operation.attrs));
};

export const arithmetic: Readonly<Record<string, Lowering>> = {
  Add: binary('addArrays'),
  Sub: binary('subtractArrays'),
  Multiply: binary('multiplyArrays'),
  RealDiv: binary('divideArrays'),
  Relu: unary((kernels, x, out, count) => () => kernels.reluArray(x, out, count)),
  Step: unary((kernels, x, out, count, { alpha }) => () => kernels.stepArray(x, out, count, alpha as number)),
  Neg: unary((kernels, x, out, count) => () => kernels.negateArray(x, out, count)),
  Square: unary((kernels, x, out, count) => () => kernels.multiplyArrays(x, x, out, 1, count, 0, 1, 0, 1)),
  ClipByValue: unary((kernels, x, out, count, { clipValueMin, clipValueMax }) => () => kernels.clampArray(x, out, count, clipValueMin as number, clipValueMax as number)),

  Tanh: unary((kernels, x, out, count) => () => kernels.tanhArray(x, out, count)),

  [FUSED.descend](operation, { kernels }) {
    const [w, gradient, rate] = operation.inputs as readonly Operand[];
    const [out] = operation.outputs;
    const count = sizeOf(out.shape);
    return kernels && lowered((at) => {
      const [from, slope, factor, to] = [at(w), at(gradient), at(rate), at(out)];
      return () => kernels.descend(from, slope, factor, to, count);
    });
  },
  [FUSED.multiplyByStep](operation, { kernels }) {
    const [a, x] = operation.inputs as readonly Operand[];
    const [out] = operation.outputs;
    const count = sizeOf(out.shape);
    const alpha = operation.attrs.alpha as number;
    return kernels && lowered((at) => {
      const [from, by, to] = [at(a), at(x), at(out)];
      return () => kernels.multiplyByStep(from, by, to, count, alpha);
    });
  },
  [FUSED.whereWithin](operation, { kernels }) {
    const [x, a] = operation.inputs as readonly Operand[];
    const [out] = operation.outputs;
    const count = sizeOf(out.shape);
    const { least, most } = operation.attrs as { least: number; most: number };
    return kernels && lowered((at) => {
      const [tested, from, to] = [at(x), at(a), at(out)];
      return () => kernels.whereWithin(tested, from, to, count, least, most);
    });
  },
};
