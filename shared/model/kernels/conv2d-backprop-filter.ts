/**
 * Conv2DBackpropFilter for the wasm backend: the gradient of a convolution in its filter.
 * The input's patches are laid out as the rows of a matrix, so that the backend's own matrix
 * product does the arithmetic: dW [taps · inChannels, outChannels] = patches · dy.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import { convGeometry, outputRange, type ConvAttrs, type ConvGeometry } from './conv-geometry.ts';
import { callKernel, floatsOf, free, reshaped, type KernelCall, type WasmBackend } from './wasm-backend.ts';

interface Attrs extends ConvAttrs {
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly filterShape: [number, number, number, number];
}

/** Floats that the patches of one pass may take: 16 MB. */
const PATCH_FLOATS = 1 << 22;

/** x [b, h, w, inChannels], dy [b, outH, outW, outChannels] → [filterH, filterW, inChannels, outChannels]. */
export function conv2dBackpropFilter({ inputs, backend, attrs }: KernelCall<{ x: TensorInfo; dy: TensorInfo }, Attrs>): TensorInfo {
  const { x, dy } = inputs;
  if (attrs.dataFormat === 'NCHW') throw new MurmurError('backend_failed', 'Conv2DBackpropFilter on wasm takes the channels last (NHWC) only');
  const geometry = convGeometry(x.shape, attrs.filterShape, { ...attrs, dilations: 1 }, false);
  const { batchSize, filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth } = geometry;
  const rows = filterHeight * filterWidth * inChannels;
  const perImage = outHeight * outWidth;
  const imagesAPass = Math.max(1, Math.min(batchSize, Math.floor(PATCH_FLOATS / Math.max(1, rows * perImage))));

  const result = backend.makeOutput(attrs.filterShape, 'float32');
  floatsOf(backend, result).fill(0);
  for (let image = 0; image < batchSize; image += imagesAPass) {
    const images = Math.min(imagesAPass, batchSize - image);
    const patches = backend.makeOutput([1, rows, images * perImage], 'float32');
    fillPatches(floatsOf(backend, patches), floatsOf(backend, x), geometry, image, images);
    const part = images === batchSize ? null : sliceImages(backend, dy, image, images, perImage * outChannels);
    const right = reshaped(part ?? dy, [1, images * perImage, outChannels]);
    const product = callKernel(backend, 'BatchMatMul', { a: patches, b: right }, { transposeA: false, transposeB: false });
    const sum = floatsOf(backend, result);
    const added = floatsOf(backend, product);
    for (let i = 0; i < sum.length; i++) sum[i] += added[i];
    for (const tensor of [patches, product, ...(part ? [part] : [])]) free(backend, tensor);
  }
  return result;
}

function sliceImages(backend: WasmBackend, dy: TensorInfo, image: number, images: number, perImage: number): TensorInfo {
  const part = backend.makeOutput([1, images * perImage], 'float32');
  floatsOf(backend, part).set(floatsOf(backend, dy).subarray(image * perImage, (image + images) * perImage));
  return part;
}

/** patches[tap, inChannel][image, outRow, outColumn]: the input under each tap of the filter, 0 in the padding. */
function fillPatches(patches: Float32Array, x: Float32Array, geometry: ConvGeometry, image: number, images: number): void {
  const { filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = geometry;
  const columns = images * outHeight * outWidth;
  patches.fill(0);
  for (let filterRow = 0; filterRow < filterHeight; filterRow++) {
    const rows = outputRange(filterRow, 1, strideHeight, padInfo.top, inHeight, outHeight);
    for (let filterColumn = 0; filterColumn < filterWidth; filterColumn++) {
      const across = outputRange(filterColumn, 1, strideWidth, padInfo.left, inWidth, outWidth);
      const tap = (filterRow * filterWidth + filterColumn) * inChannels;
      for (let b = 0; b < images; b++) {
        for (let row = rows.first; row < rows.end; row++) {
          const inputRow = row * strideHeight + filterRow - padInfo.top;
          const inputAt = ((image + b) * inHeight + inputRow) * inWidth + across.first * strideWidth + filterColumn - padInfo.left;
          const patchAt = (b * outHeight + row) * outWidth;
          for (let channel = 0; channel < inChannels; channel++) {
            let from = inputAt * inChannels + channel;
            const to = (tap + channel) * columns + patchAt;
            for (let column = across.first; column < across.end; column++) {
              patches[to + column] = x[from];
              from += strideWidth * inChannels;
            }
          }
        }
      }
    }
  }
}
