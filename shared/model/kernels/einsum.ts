/**
 * Einsum for the wasm backend: sums of products over named dimensions, as `ij,jk->ik`. Nearly all in use are products of
 * matrices once dimensions that lie next to each other are taken as one; the others are done term by term.
 */
import { backend_util, util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { hasSimd } from '../../kernels/kernels.ts';
import { prepareMatMul } from './mat-mul.ts';
import { runPrepared } from './prepared.ts';
import { callKernel, floatsOf, free, reshaped, wasmKernels, type KernelCall, type WasmBackend } from './wasm-backend.ts';

/** Dimensions are numbers: those of the output, in its order, come first, then those that are summed over. */
interface Equation {
  readonly sizes: readonly number[];
  readonly outputs: number;
  /** The dimensions of each tensor, in its order. */
  readonly named: readonly (readonly number[])[];
}

/** One or two tensors, as the equation names them → the dimensions after its arrow. */
export function einsum({ inputs, backend, attrs }: KernelCall<Record<string, TensorInfo>, { equation: string }>): TensorInfo {
  const tensors = Object.values(inputs);
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(attrs.equation, tensors.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as Tensor[]);
  const sizes = new Array<number>(allDims.length).fill(1);
  tensors.forEach((tensor, t) => idDims[t].forEach((dimension, axis) => (sizes[dimension] = tensor.shape[axis])));
  const equation: Equation = { sizes, outputs: allDims.length - summedDims.length, named: idDims };
  const product = tensors.length === 2 && hasSimd() ? productOf(equation) : null;
  return product ? multiply(backend, tensors, equation, product) : termByTerm(backend, tensors, equation);
}

/** An equation as matrices: which tensor is the left one, and by which groups of dimensions its sides go. */
interface Product {
  readonly left: 0 | 1;
  /** In both tensors and in the output. */
  readonly batch: readonly number[];
  /** In the left and in the right one. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** In both, summed over. */
  readonly inner: readonly number[];
}

/** @returns null where a tensor is summed over a dimension that the other lacks */
function productOf({ sizes, outputs, named }: Equation): Product | null {
  const [a, b] = named.map((dimensions) => new Set(dimensions));
  const all = [...sizes.keys()];
  if (all.some((dimension) => dimension >= outputs && a.has(dimension) !== b.has(dimension))) return null;
  const batch = all.filter((dimension) => dimension < outputs && a.has(dimension) && b.has(dimension));
  const ofA = all.filter((dimension) => a.has(dimension) && !b.has(dimension));
  const ofB = all.filter((dimension) => b.has(dimension) && !a.has(dimension));
  // In the order in which the left one has them, which saves it a transposition.
  const inner = named[0].filter((dimension) => dimension >= outputs);
  const isMirrored = ofA.length > 0 && ofB.length > 0 && ofB[0] < ofA[0];
  return isMirrored ? { left: 1, batch, rows: ofB, columns: ofA, inner } : { left: 0, batch, rows: ofA, columns: ofB, inner };
}

function multiply(backend: WasmBackend, tensors: readonly TensorInfo[], { sizes, named, outputs }: Equation, { left, batch, rows, columns, inner }: Product): TensorInfo {
  const size = (dimensions: readonly number[]): number => util.sizeFromShape(dimensions.map((dimension) => sizes[dimension]));
  const temporary: TensorInfo[] = [];
  /** The tensor as a matrix of `first` × `second` for each of the batch, or of `second` × `first`, whichever lies there; copied where neither does. */
  const matrix = (which: number, first: readonly number[], second: readonly number[]): { tensor: TensorInfo; transposed: boolean } => {
    const [lies, wanted, mirrored] = [named[which], [...batch, ...first, ...second], [...batch, ...second, ...first]];
    const transposed = !sameOrder(lies, wanted, sizes) && sameOrder(lies, mirrored, sizes);
    let tensor = tensors[which];
    if (!transposed && !sameOrder(lies, wanted, sizes)) {
      tensor = callKernel(backend, 'Transpose', { x: tensor }, { perm: wanted.map((dimension) => lies.indexOf(dimension)) });
      temporary.push(tensor);
    }
    const shape = transposed ? [size(batch), size(second), size(first)] : [size(batch), size(first), size(second)];
    return { tensor: reshaped(tensor, shape), transposed };
  };
  const a = matrix(left, rows, inner);
  const b = matrix(1 - left, inner, columns);
  const prepared = prepareMatMul(wasmKernels(backend), a.tensor.shape, b.tensor.shape, { transposeA: a.transposed, transposeB: b.transposed });
  const product = runPrepared(backend, prepared, [a.tensor, b.tensor], prepared.shape);
  for (const tensor of temporary) free(backend, tensor);

  const lies = [...batch, ...rows, ...columns];
  const wanted = [...Array(outputs).keys()];
  const shape = sizes.slice(0, outputs);
  if (sameOrder(lies, wanted, sizes)) return { ...product, shape };
  const turned = callKernel(backend, 'Transpose', { x: reshaped(product, lies.map((dimension) => sizes[dimension])) }, { perm: wanted.map((dimension) => lies.indexOf(dimension)) });
  free(backend, product);
  return turned;
}

/** Whether the same values lie in the same order; dimensions of one position lie nowhere. */
function sameOrder(a: readonly number[], b: readonly number[], sizes: readonly number[]): boolean {
  const [first, second] = [a, b].map((dimensions) => dimensions.filter((dimension) => sizes[dimension] !== 1));
  return first.every((dimension, i) => dimension === second[i]);
}

function termByTerm(backend: WasmBackend, tensors: readonly TensorInfo[], { sizes, outputs, named }: Equation): TensorInfo {
  // How far each tensor moves in memory when a dimension advances by one; not at all where it lacks the dimension.
  const strides = tensors.map((tensor, t) => {
    const moved = new Array<number>(sizes.length).fill(0);
    let stride = 1;
    for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
      moved[named[t][axis]] = stride;
      stride *= tensor.shape[axis];
    }
    return moved;
  });
  const result = backend.makeOutput(sizes.slice(0, outputs), 'float32');
  const out = floatsOf(backend, result);
  const values = tensors.map((tensor) => floatsOf(backend, tensor));
  const terms = sizes.slice(outputs).reduce((a, b) => a * b, 1);

  const counter = new Array<number>(sizes.length).fill(0);
  const at = tensors.map(() => 0);
  /** One step of the odometer over the dimensions from … to − 1, last fastest. */
  const advance = (from: number, to: number): void => {
    for (let dimension = to - 1; dimension >= from; dimension--) {
      counter[dimension]++;
      for (let t = 0; t < at.length; t++) at[t] += strides[t][dimension];
      if (counter[dimension] < sizes[dimension]) return;
      for (let t = 0; t < at.length; t++) at[t] -= strides[t][dimension] * sizes[dimension];
      counter[dimension] = 0;
    }
  };
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let term = 0; term < terms; term++) {
      let product = 1;
      for (let t = 0; t < values.length; t++) product *= values[t][at[t]];
      sum += product;
      advance(outputs, sizes.length);
    }
    out[i] = sum;
    advance(0, outputs);
  }
  return result;
}
