/**
 * Conv2DBackpropInput for the wasm backend: the gradient of a convolution in its input, which
 * is also the forward pass of a transposed convolution. The backend's own kernel is a plain loop;
 * here one matrix product gives what each output position sends back to each tap of its patch,
 * dPatches [positions, taps · inChannels] = dy · filterᵀ, and these are added up where they overlap.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { convGeometry, outputRange, type ConvAttrs, type ConvGeometry } from './conv-geometry.ts';
import { callKernel, floatsOf, free, reshaped, type KernelCall } from './wasm-backend.ts';

interface Attrs extends ConvAttrs {
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly inputShape: [number, number, number, number];
}

/** Floats that the patches of one pass may take: 16 MB. */
const PATCH_FLOATS = 1 << 22;

/** Wraps the backend's own kernel. dy [b, outH, outW, outChannels], filter [filterH, filterW, inChannels, outChannels] → [b, h, w, inChannels]. */
export function conv2dBackpropInputAround(original: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as KernelCall<{ dy: TensorInfo; filter: TensorInfo }, Attrs>;
    if (attrs.dataFormat === 'NCHW') return original(call);
    const { dy, filter } = inputs;
    const geometry = convGeometry(attrs.inputShape, filter.shape, { ...attrs, dilations: 1 }, false);
    const { batchSize, filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth } = geometry;
    const taps = filterHeight * filterWidth * inChannels;
    const perImage = outHeight * outWidth;
    const imagesAPass = Math.max(1, Math.min(batchSize, Math.floor(PATCH_FLOATS / Math.max(1, taps * perImage))));

    const result = backend.makeOutput(attrs.inputShape, 'float32');
    floatsOf(backend, result).fill(0);
    const filterTransposed = callKernel(backend, 'Transpose', { x: reshaped(filter, [taps, outChannels]) }, { perm: [1, 0] });
    const right = reshaped(filterTransposed, [1, outChannels, taps]);
    for (let image = 0; image < batchSize; image += imagesAPass) {
      const images = Math.min(imagesAPass, batchSize - image);
      const part = callKernel(backend, 'Slice', { x: reshaped(dy, [batchSize * perImage, outChannels]) }, { begin: [image * perImage, 0], size: [images * perImage, outChannels] });
      const patches = callKernel(backend, 'BatchMatMul', { a: reshaped(part, [1, images * perImage, outChannels]), b: right }, { transposeA: false, transposeB: false });
      addPatches(floatsOf(backend, result), floatsOf(backend, patches), geometry, image, images);
      free(backend, part);
      free(backend, patches);
    }
    free(backend, filterTransposed);
    return result;
  };
}

/** input[under the tap] += patches[image, outRow, outColumn][tap, inChannel]; what falls on the padding is dropped. */
function addPatches(input: Float32Array, patches: Float32Array, geometry: ConvGeometry, image: number, images: number): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = geometry;
  const taps = filterHeight * filterWidth * inChannels;
  for (let b = 0; b < images; b++) {
    for (let filterRow = 0; filterRow < filterHeight; filterRow++) {
      const rows = outputRange(filterRow, 1, strideHeight, padInfo.top, inHeight, outHeight);
      for (let row = rows.first; row < rows.end; row++) {
        const inputRow = (image + b) * inHeight + row * strideHeight + filterRow - padInfo.top;
        for (let filterColumn = 0; filterColumn < filterWidth; filterColumn++) {
          const columns = outputRange(filterColumn, 1, strideWidth, padInfo.left, inWidth, outWidth);
          for (let column = columns.first; column < columns.end; column++) {
            const to = (inputRow * inWidth + column * strideWidth + filterColumn - padInfo.left) * inChannels;
            const from = ((b * outHeight + row) * outWidth + column) * taps + (filterRow * filterWidth + filterColumn) * inChannels;
            for (let channel = 0; channel < inChannels; channel++) input[to + channel] += patches[from + channel];
          }
        }
      }
    }
  }
}
