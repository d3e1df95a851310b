/** Einsum for the wasm backend: sums of products over named dimensions, as `ij,jk->ik`. */
import { backend_util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { floatsOf, type KernelCall } from './wasm-backend.ts';

/** One or two tensors, as the equation names them → the dimensions after its arrow. */
export function einsum({ inputs, backend, attrs }: KernelCall<Record<string, TensorInfo>, { equation: string }>): TensorInfo {
  const tensors = Object.values(inputs);
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(attrs.equation, tensors.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as Tensor[]);

  const sizes = new Array<number>(allDims.length).fill(1);
  tensors.forEach((tensor, t) => idDims[t].forEach((dimension, axis) => (sizes[dimension] = tensor.shape[axis])));
  // How far each tensor moves in memory when a dimension advances by one; a dimension that it
  // names twice (a diagonal) moves by both strides, one that it lacks not at all.
  const strides = tensors.map((tensor, t) => {
    const moved = new Array<number>(allDims.length).fill(0);
    let stride = 1;
    for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
      moved[idDims[t][axis]] += stride;
      stride *= tensor.shape[axis];
    }
    return moved;
  });
  // The output's dimensions come first in allDims, those summed over last.
  const outDims = allDims.length - summedDims.length;
  const result = backend.makeOutput(sizes.slice(0, outDims), 'float32');
  const out = floatsOf(backend, result);
  const values = tensors.map((tensor) => floatsOf(backend, tensor));
  const terms = sizes.slice(outDims).reduce((a, b) => a * b, 1);

  const counter = new Array<number>(allDims.length).fill(0);
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
      advance(outDims, allDims.length);
    }
    out[i] = sum;
    advance(0, outDims);
  }
  return result;
}
