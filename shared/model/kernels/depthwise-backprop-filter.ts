/** DepthwiseConv2dNativeBackpropFilter for the wasm backend: the gradient of a depthwise convolution in its filter. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { convGeometry, outputRange, type ConvAttrs } from './conv-geometry.ts';
import { floatsOf, type KernelCall } from './wasm-backend.ts';

interface Attrs extends ConvAttrs {
  readonly filterShape: [number, number, number, number];
}

/** x [b, h, w, inChannels], dy [b, outH, outW, inChannels · multiplier] → [filterH, filterW, inChannels, multiplier]. */
export function depthwiseBackpropFilter({ inputs, backend, attrs }: KernelCall<{ x: TensorInfo; dy: TensorInfo }, Attrs>): TensorInfo {
  const geometry = convGeometry(inputs.x.shape, attrs.filterShape, attrs, true);
  const { batchSize, filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth, outChannels } = geometry;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = geometry;
  const multiplier = outChannels / inChannels;
  const result = backend.makeOutput(attrs.filterShape, 'float32');
  const gradient = floatsOf(backend, result);
  const x = floatsOf(backend, inputs.x);
  const dy = floatsOf(backend, inputs.dy);
  const sums = new Float64Array(outChannels);

  for (let filterRow = 0; filterRow < filterHeight; filterRow++) {
    const rows = outputRange(filterRow, dilationHeight, strideHeight, padInfo.top, inHeight, outHeight);
    for (let filterColumn = 0; filterColumn < filterWidth; filterColumn++) {
      const columns = outputRange(filterColumn, dilationWidth, strideWidth, padInfo.left, inWidth, outWidth);
      sums.fill(0);
      for (let b = 0; b < batchSize; b++) {
        for (let row = rows.first; row < rows.end; row++) {
          const inputRow = row * strideHeight + filterRow * dilationHeight - padInfo.top;
          for (let column = columns.first; column < columns.end; column++) {
            const inputColumn = column * strideWidth + filterColumn * dilationWidth - padInfo.left;
            const inputAt = ((b * inHeight + inputRow) * inWidth + inputColumn) * inChannels;
            const outputAt = ((b * outHeight + row) * outWidth + column) * outChannels;
            for (let channel = 0, out = 0; channel < inChannels; channel++) {
              const value = x[inputAt + channel];
              for (let m = 0; m < multiplier; m++, out++) sums[out] += value * dy[outputAt + out];
            }
          }
        }
      }
      // [inChannels, multiplier] is the order of the output channels.
      gradient.set(sums, (filterRow * filterWidth + filterColumn) * outChannels);
    }
  }
  return result;
}
