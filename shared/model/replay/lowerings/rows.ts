/** Sums over the first or the last axes, whole rows by index, and other types of numbers. */
import { util } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../../errors.ts';
import { lowered, type Lowering } from '../lowering.ts';
import { floatOperands, inputOf, sizeOf } from '../program.ts';

export const rows: Readonly<Record<string, Lowering>> = {
  Sum(operation, { kernels }) {
    const floats = floatOperands(inputOf(operation, 'x'), operation.outputs[0]);
    if (!kernels || !floats) return null;
    const [x, out] = floats;
    const summed = new Set(util.parseAxisParam((operation.attrs.axis ?? [...x.shape.keys()]) as number[], [...x.shape]));
    // Axes of one position are nowhere in the memory.
    const axes = [...x.shape.keys()].filter((axis) => x.shape[axis] !== 1);
    const last = axes.findLastIndex((axis) => !summed.has(axis));
    const first = axes.findIndex((axis) => !summed.has(axis));
    const count = sizeOf(out.shape);
    const terms = sizeOf(x.shape) / count;
    // In the order in which TensorFlow.js adds: that of the memory.
    if (axes.slice(0, last + 1).every((axis) => !summed.has(axis))) {
      return lowered((at) => {
        const [from, to] = [at(x), at(out)];
        return () => kernels.sumRows(from, count, terms, to);
      });
    }
    if (axes.slice(first).every((axis) => !summed.has(axis))) {
      return lowered((at) => {
        const [from, to] = [at(x), at(out)];
        return () => kernels.sumColumns(from, terms, count, to);
      });
    }
    return null;
  },

  GatherV2(operation, { kernels, heap }) {
    const [x, indices, out] = [inputOf(operation, 'x'), inputOf(operation, 'indices'), operation.outputs[0]];
    const { axis, batchDims } = operation.attrs;
    if (!kernels || !x || !indices || axis !== 0 || batchDims !== 0 || x.dtype === 'bool' || indices.dtype !== 'int32') return null;
    const [height, ...row] = x.shape;
    const [width, count] = [sizeOf(row), sizeOf(indices.shape)];
    return lowered((at) => {
      const [from, order, to] = [at(x), at(indices), at(out)];
      return () => {
        const bad = kernels.gatherRows(from, height, width, order, count, to);
        if (bad < 0) return;
        const [index] = new Int32Array(heap.wasm.HEAPU8.buffer, order + 4 * bad, 1);
        throw new MurmurError('backend_failed', `GatherV2: the index ${index} is not in [0, ${height - 1}]`);
      };
    });
  },

  Cast(operation, { kernels }) {
    const [x, out] = [inputOf(operation, 'x'), operation.outputs[0]];
    if (!kernels || !x || out.dtype !== 'float32' || x.dtype === 'float32') return null;
    const convert = x.dtype === 'int32' ? kernels.floatsOfInts : kernels.floatsOfBools;
    const count = sizeOf(out.shape);
    return lowered((at) => {
      const [from, to] = [at(x), at(out)];
      return () => convert(from, to, count);
    });
  },
};
