/** DepthwiseConv2dNativeBackpropInput for the wasm backend: the gradient of a depthwise convolution in its input. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { convGeometry, outputRange, type ConvAttrs } from './conv-geometry.ts';
import { floatsOf, type KernelCall } from './wasm-backend.ts';

interface Attrs extends ConvAttrs {
  readonly inputShape: [number, number, number, number];
}

/** dy [b, outH, outW, inChannels · multiplier], filter [filterH, filterW, inChannels, multiplier] → [b, h, w, inChannels]. */
export function depthwiseBackpropInput({ inputs, backend, attrs }: KernelCall<{ dy: TensorInfo; filter: TensorInfo }, Attrs>): TensorInfo {
  const geometry = convGeometry(attrs.inputShape, inputs.filter.shape, attrs, true);
  const { batchSize, filterHeight, filterWidth, inChannels, inHeight, inWidth, outHeight, outWidth, outChannels } = geometry;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = geometry;
  const multiplier = outChannels / inChannels;
  const result = backend.makeOutput(attrs.inputShape, 'float32');
  const gradient = floatsOf(backend, result).fill(0);
  const dy = floatsOf(backend, inputs.dy);
  const filter = floatsOf(backend, inputs.filter);

  for (let b = 0; b < batchSize; b++) {
    for (let filterRow = 0; filterRow < filterHeight; filterRow++) {
      const rows = outputRange(filterRow, dilationHeight, strideHeight, padInfo.top, inHeight, outHeight);
      for (let filterColumn = 0; filterColumn < filterWidth; filterColumn++) {
        const columns = outputRange(filterColumn, dilationWidth, strideWidth, padInfo.left, inWidth, outWidth);
        const filterAt = (filterRow * filterWidth + filterColumn) * outChannels;
        for (let row = rows.first; row < rows.end; row++) {
          const inputRow = row * strideHeight + filterRow * dilationHeight - padInfo.top;
          for (let column = columns.first; column < columns.end; column++) {
            const inputColumn = column * strideWidth + filterColumn * dilationWidth - padInfo.left;
            const inputAt = ((b * inHeight + inputRow) * inWidth + inputColumn) * inChannels;
            const outputAt = ((b * outHeight + row) * outWidth + column) * outChannels;
            for (let channel = 0, out = 0; channel < inChannels; channel++) {
              let sum = 0;
              for (let m = 0; m < multiplier; m++, out++) sum += dy[outputAt + out] * filter[filterAt + out];
              gradient[inputAt + channel] += sum;
            }
          }
        }
      }
    }
  }
  return result;
}
