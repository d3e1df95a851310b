/** What only moves values: slices, splits, joints, transpositions. Each is one or more copies with strides. */
import { slice_util, util } from '@tensorflow/tfjs-core';
import type { Kernels } from '../../../kernels/kernels.ts';
import { lowered, type Lowered, type Lowering, type Run } from '../lowering.ts';
import { inputOf, sizeOf, type KernelOperation, type Operand } from '../program.ts';

/** One axis of a copy: how many positions, and how many elements apart they lie on both sides. */
interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** A copy between two places in the memory; offsets in elements of four bytes. */
interface Copy {
  readonly source: Operand;
  readonly target: Operand;
  readonly sourceOffset: number;
  readonly targetOffset: number;
  readonly axes: readonly Axis[];
}

/** One call of the kernel, its places still relative. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  readonly outer: Axis;
  readonly inner: Axis;
}

/** Where more than two loops are needed, the outermost is unrolled, up to so many calls. */
const MOST_CALLS = 64;
const ONCE: Axis = { size: 1, from: 0, to: 0 };

/** The copy as runs of neighbours within two loops. @returns null where that takes too many calls. */
function blocksOf({ axes, sourceOffset, targetOffset }: Copy): readonly Block[] | null {
  const merged: Axis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const outer = merged.at(-1);
    if (outer?.from === axis.size * axis.from && outer.to === axis.size * axis.to) merged[merged.length - 1] = { ...axis, size: outer.size * axis.size };
    else merged.push(axis);
  }
  const last = merged.at(-1);
  const columns = last?.from === 1 && last.to === 1 ? (merged.pop() as Axis).size : 1;
  const unrolled = merged.splice(0, Math.max(0, merged.length - 2));
  if (unrolled.reduce((calls, { size }) => calls * size, 1) > MOST_CALLS) return null;
  const [inner = ONCE, outer = ONCE] = merged.reverse();
  return unrolled.reduce<readonly Block[]>(
    (blocks, axis) => blocks.flatMap((block) => Array.from({ length: axis.size }, (_, i) => ({ ...block, from: block.from + i * axis.from, to: block.to + i * axis.to }))),
    [{ from: sourceOffset, to: targetOffset, columns, outer, inner }],
  );
}

/** All of an operation's copies, one after the other. */
function copies(kernels: Kernels | null, all: readonly Copy[]): Lowered | null {
  if (!kernels || all.some(({ source, target }) => source.dtype === 'bool' || source.dtype !== target.dtype)) return null;
  const found = all.map((copy) => ({ copy, blocks: blocksOf(copy) }));
  if (found.some(({ blocks }) => blocks === null)) return null;
  return lowered((at) => {
    const runs = found.flatMap(({ copy, blocks }) => (blocks as readonly Block[]).map(({ from, to, columns, outer, inner }): Run => {
      const [source, target] = [at(copy.source) + 4 * from, at(copy.target) + 4 * to];
      return () => kernels.copyBlocks(source, target, outer.size, inner.size, columns, outer.from, inner.from, outer.to, inner.to);
    }));
    if (runs.length === 1) return runs[0];
    return () => {
      for (let i = 0; i < runs.length; i++) runs[i]();
    };
  });
}

/** Elements from one position of each axis to the next. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** The part of `whole` that begins at `begin` and has the other side's shape. */
function part(whole: Operand, other: Operand, shape: readonly number[], begin: readonly number[], into: 'whole' | 'other'): Copy {
  const [ofWhole, ofOther] = [stridesOf(whole.shape), stridesOf(shape)];
  const offset = begin.reduce((sum, position, axis) => sum + position * ofWhole[axis], 0);
  return into === 'other'
    ? { source: whole, target: other, sourceOffset: offset, targetOffset: 0, axes: shape.map((size, axis) => ({ size, from: ofWhole[axis], to: ofOther[axis] })) }
    : { source: other, target: whole, sourceOffset: 0, targetOffset: offset, axes: shape.map((size, axis) => ({ size, from: ofOther[axis], to: ofWhole[axis] })) };
}

/** Parts of a whole, next to each other along an axis. `shapes`: the parts', with as many axes as the whole has. */
function sideBySide(whole: Operand, parts: readonly Operand[], shapes: readonly (readonly number[])[], axis: number, into: 'whole' | 'other'): readonly Copy[] {
  let begin = 0;
  return parts.map((one, i) => {
    const copy = part(whole, one, shapes[i], whole.shape.map((_, at) => (at === axis ? begin : 0)), into);
    begin += shapes[i][axis];
    return copy;
  });
}

const axisOf = ({ attrs }: KernelOperation, rank: number): number => ((attrs.axis as number) + rank) % rank;

/** The shape with one position along a new axis. */
const withAxis = (shape: readonly number[], axis: number): number[] => [...shape.slice(0, axis), 1, ...shape.slice(axis)];

export const copying: Readonly<Record<string, Lowering>> = {
  Identity(operation, { kernels }) {
    const [x, out] = [inputOf(operation, 'x'), operation.outputs[0]];
    return x && copies(kernels, [part(x, out, x.shape, x.shape.map(() => 0), 'other')]);
  },
  Slice(operation, { kernels }) {
    const x = inputOf(operation, 'x');
    if (!x) return null;
    const shaped = { shape: [...x.shape] } as Parameters<typeof slice_util.parseSliceParams>[0];
    const [begin, size] = slice_util.parseSliceParams(shaped, operation.attrs.begin as number[], operation.attrs.size as number[]);
    return copies(kernels, [part(x, operation.outputs[0], size, begin, 'other')]);
  },
  SplitV(operation, { kernels }) {
    const x = inputOf(operation, 'x');
    return x && copies(kernels, sideBySide(x, operation.outputs, operation.outputs.map(({ shape }) => shape), axisOf(operation, x.shape.length), 'other'));
  },
  Unpack(operation, { kernels }) {
    const x = inputOf(operation, 'value');
    if (!x) return null;
    const axis = axisOf(operation, x.shape.length);
    return copies(kernels, sideBySide(x, operation.outputs, operation.outputs.map(({ shape }) => withAxis(shape, axis)), axis, 'other'));
  },
  Concat(operation, { kernels }) {
    const [out] = operation.outputs;
    const inputs = operation.inputs.filter((input) => input !== null && sizeOf(input.shape) > 0) as Operand[];
    return copies(kernels, sideBySide(out, inputs, inputs.map(({ shape }) => shape), util.parseAxisParam(operation.attrs.axis as number, [...out.shape])[0], 'whole'));
  },
  Pack(operation, { kernels }) {
    const [out] = operation.outputs;
    const axis = axisOf(operation, out.shape.length);
    const inputs = operation.inputs as readonly Operand[];
    return copies(kernels, sideBySide(out, inputs, inputs.map(({ shape }) => withAxis(shape, axis)), axis, 'whole'));
  },
  Transpose(operation, { kernels }) {
    const x = inputOf(operation, 'x');
    if (!x) return null;
    const [out] = operation.outputs;
    const [from, to] = [stridesOf(x.shape), stridesOf(out.shape)];
    const axes = (operation.attrs.perm as readonly number[]).map((axis, i) => ({ size: out.shape[i], from: from[axis], to: to[i] }));
    return copies(kernels, [{ source: x, target: out, sourceOffset: 0, targetOffset: 0, axes }]);
  },
  Tile(operation, { kernels }) {
    const x = inputOf(operation, 'x');
    if (!x) return null;
    const [out] = operation.outputs;
    const [from, to] = [stridesOf(x.shape), stridesOf(out.shape)];
    // Each axis twice: again and again, and within.
    const axes = (operation.attrs.reps as readonly number[]).flatMap((times, axis) => [
      { size: times, from: 0, to: x.shape[axis] * to[axis] },
      { size: x.shape[axis], from: from[axis], to: to[axis] },
    ]);
    return copies(kernels, [{ source: x, target: out, sourceOffset: 0, targetOffset: 0, axes }]);
  },
};
