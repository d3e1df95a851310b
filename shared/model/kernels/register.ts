/** The one place where kernels of ours are registered: what the wasm backend lacks or does badly. */
import { getKernel, registerKernel, unregisterKernel, type KernelFunc } from '@tensorflow/tfjs-core';
import { conv2dAround, conv2dBackpropFilter, conv2dBackpropInputAround } from './conv2d.ts';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise.ts';
import { einsum } from './einsum.ts';
import { gatherRowsAround } from './gather-rows.ts';
import { matMulAround } from './mat-mul.ts';
import { avgPoolGradAround, maxPoolGradAround } from './pool-gradients.ts';
import { sliceAround } from './slice.ts';
import { splitAround, unpackAround } from './split.ts';
import { tanhAround } from './tanh.ts';
import { tileAround } from './tile.ts';
import { unsortedSegmentSum } from './unsorted-segment-sum.ts';

/** Kernels that tfjs-backend-wasm 4.22 does not have; should a later one have them, its own stay. */
const missing: Readonly<Record<string, unknown>> = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  Einsum: einsum,
  UnsortedSegmentSum: unsortedSegmentSum,
};

/** Kernels put around the backend's own. */
const wrapped: Readonly<Record<string, (original: KernelFunc) => KernelFunc>> = {
  AvgPoolGrad: avgPoolGradAround,
  BatchMatMul: matMulAround,
  Conv2D: conv2dAround,
  Conv2DBackpropInput: conv2dBackpropInputAround,
  FusedConv2D: conv2dAround,
  GatherV2: gatherRowsAround,
  MaxPoolGrad: maxPoolGradAround,
  Slice: sliceAround,
  SplitV: splitAround,
  Tanh: tanhAround,
  Tile: tileAround,
  Unpack: unpackAround,
  _FusedMatMul: matMulAround,
};

let registered = false;

/** Call once the wasm backend has started; safe to call again. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const [kernelName, kernelFunc] of Object.entries(missing)) {
    if (!getKernel(kernelName, 'wasm')) registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernelFunc as KernelFunc });
  }
  for (const [kernelName, around] of Object.entries(wrapped)) {
    const original = getKernel(kernelName, 'wasm');
    if (!original) continue;
    unregisterKernel(kernelName, 'wasm');
    registerKernel({ ...original, kernelFunc: around(original.kernelFunc) });
  }
}
