/** Two-dimensional convolutions and their gradients in plain TypeScript: what the SIMD kernels compute, to the bit. */
import type { KernelMemory } from '../memory.ts';
import { finishRow } from './matrix.ts';

/**
 * Images lie as [batch, inHeight, inWidth, inChannels], outputs and their gradients dy as [batch, outHeight, outWidth,
 * outChannels], filters as [filterHeight, filterWidth, inChannels, outChannels]: float32 at byte addresses. Beyond the
 * edges of an image, and of dy, lie zeros; `padTop` and `padLeft` of them stand before an image. Every sum begins with
 * zero, and every product and every sum is rounded to float32. `scratch` is the address of convolutionScratchBytes(…).
 */
export interface ConvolutionKernels {
  /**
   * out = the convolution of x with the filter. Each sum goes over the filter's rows, columns and inChannels in order.
   * @param bias address of outChannels floats that are added at each position, 0 for none
   * @param epilogue relu or relu6 of EPILOGUE, or 0
   */
  convolution(
    x: number, filter: number, out: number, batch: number, inHeight: number, inWidth: number, inChannels: number,
    filterHeight: number, filterWidth: number, outHeight: number, outWidth: number, outChannels: number,
    strideHeight: number, strideWidth: number, dilationHeight: number, dilationWidth: number, padTop: number, padLeft: number,
    bias: number, epilogue: number, scratch: number,
  ): void;
  /** out = the gradient in the filter of a convolution without dilation. Each sum goes over images, rows and columns of dy in order. */
  convolutionFilterGradient(
    x: number, dy: number, out: number, batch: number, inHeight: number, inWidth: number, inChannels: number,
    filterHeight: number, filterWidth: number, outHeight: number, outWidth: number, outChannels: number,
    strideHeight: number, strideWidth: number, padTop: number, padLeft: number, scratch: number,
  ): void;
  /** out = the gradient in x of a convolution without dilation. Each sum goes over rows, columns and channels of dy in order. */
  convolutionInputGradient(
    dy: number, filter: number, out: number, batch: number, inHeight: number, inWidth: number, inChannels: number,
    filterHeight: number, filterWidth: number, outHeight: number, outWidth: number, outChannels: number,
    strideHeight: number, strideWidth: number, padTop: number, padLeft: number, scratch: number,
  ): void;
}

export interface ConvolutionSizes {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** Bytes of memory that the kernel uses for itself: the filter in panels, a table, one image with its padding. */
export function convolutionScratchBytes(kernel: 'convolution' | 'convolutionFilterGradient' | 'convolutionInputGradient', sizes: ConvolutionSizes): number {
  const { inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft } = sizes;
  const taps = filterHeight * filterWidth;
  const padded = 4 * inChannels * ((outHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1) * ((outWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1);
  const panelled = (k: number, columns: number): number => 36 * k + 32 * k * Math.ceil(columns / 8);
  const rest = 512;
  switch (kernel) {
    case 'convolution':
      return rest + panelled(taps * inChannels, outChannels) + padded;
    case 'convolutionFilterGradient':
      return rest + panelled(Math.max(512, outWidth), 1) + padded;
    case 'convolutionInputGradient': {
      const along = (size: number, pad: number, stride: number, filter: number): number => Math.floor((size - 1 + pad) / stride) + Math.ceil(filter / stride);
      const paddedGradient = 4 * outChannels * along(inHeight, padTop, strideHeight, filterHeight) * along(inWidth, padLeft, strideWidth, filterWidth);
      return rest + panelled(taps * outChannels, inChannels) + paddedGradient;
    }
  }
}

export function convolutionTwins(memory: KernelMemory): ConvolutionKernels {
  return {
    convolution(x, filter, out, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft, bias, epilogue) {
      const at = new Float32Array(memory.buffer);
      const sums = new Float32Array(outChannels);
      eachPosition(batch, outHeight, outWidth, (image, outRow, outColumn, position) => {
        sums.fill(0);
        for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
          for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
            const row = outRow * strideHeight + tapRow * dilationHeight - padTop;
            const column = outColumn * strideWidth + tapColumn * dilationWidth - padLeft;
            const inside = row >= 0 && row < inHeight && column >= 0 && column < inWidth;
            for (let channel = 0; channel < inChannels; channel++) {
              const value = inside ? at[(x >>> 2) + ((image * inHeight + row) * inWidth + column) * inChannels + channel] : 0;
              const weights = (filter >>> 2) + ((tapRow * filterWidth + tapColumn) * inChannels + channel) * outChannels;
              for (let o = 0; o < outChannels; o++) sums[o] += Math.fround(value * at[weights + o]);
            }
          }
        }
        finishRow(sums, at, (out >>> 2) + position * outChannels, bias, epilogue, 0);
      });
    },

    convolutionFilterGradient(x, dy, out, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, padTop, padLeft) {
      const at = new Float32Array(memory.buffer);
      at.fill(0, out >>> 2, (out >>> 2) + filterHeight * filterWidth * inChannels * outChannels);
      eachPosition(batch, outHeight, outWidth, (image, outRow, outColumn, position) => {
        const gradients = (dy >>> 2) + position * outChannels;
        for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
          for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
            const row = outRow * strideHeight + tapRow - padTop;
            const column = outColumn * strideWidth + tapColumn - padLeft;
            const inside = row >= 0 && row < inHeight && column >= 0 && column < inWidth;
            for (let channel = 0; channel < inChannels; channel++) {
              const value = inside ? at[(x >>> 2) + ((image * inHeight + row) * inWidth + column) * inChannels + channel] : 0;
              const sums = (out >>> 2) + ((tapRow * filterWidth + tapColumn) * inChannels + channel) * outChannels;
              for (let o = 0; o < outChannels; o++) at[sums + o] += Math.fround(value * at[gradients + o]);
            }
          }
        }
      });
    },

    convolutionInputGradient(dy, filter, out, batch, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth, outChannels, strideHeight, strideWidth, padTop, padLeft) {
      const at = new Float32Array(memory.buffer);
      eachPosition(batch, inHeight, inWidth, (image, inRow, inColumn, position) => {
        const sums = at.subarray((out >>> 2) + position * inChannels, (out >>> 2) + (position + 1) * inChannels).fill(0);
        // In the order of dy, so from the last of the taps to the first.
        for (let tapRow = filterHeight - 1; tapRow >= 0; tapRow--) {
          const row = (inRow + padTop - tapRow) / strideHeight;
          if (!Number.isInteger(row)) continue;
          for (let tapColumn = filterWidth - 1; tapColumn >= 0; tapColumn--) {
            const column = (inColumn + padLeft - tapColumn) / strideWidth;
            if (!Number.isInteger(column)) continue;
            const inside = row >= 0 && row < outHeight && column >= 0 && column < outWidth;
            const gradients = (dy >>> 2) + ((image * outHeight + row) * outWidth + column) * outChannels;
            for (let channel = 0; channel < inChannels; channel++) {
              const weights = (filter >>> 2) + ((tapRow * filterWidth + tapColumn) * inChannels + channel) * outChannels;
              for (let o = 0; o < outChannels; o++) sums[channel] += Math.fround((inside ? at[gradients + o] : 0) * at[weights + o]);
            }
          }
        }
      });
    },
  };
}

function eachPosition(batch: number, height: number, width: number, visit: (image: number, row: number, column: number, position: number) => void): void {
  let position = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) visit(image, row, column, position++);
    }
  }
}
