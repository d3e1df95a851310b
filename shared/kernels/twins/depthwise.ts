/** Gradients of depthwise convolutions in plain TypeScript: what the SIMD kernels compute, to the bit. */
import type { KernelMemory } from '../memory.ts';

/**
 * Each input channel has `multiplier` filters of its own: filters lie as [filterHeight, filterWidth, channels, multiplier],
 * x as [batch, inHeight, inWidth, channels], dy as [batch, outHeight, outWidth, channels, multiplier], float32 at byte
 * addresses. What lies beyond the edges of an image is left out. Sums begin with zero and go over dy in order; every product
 * and every sum is rounded to float32.
 */
type Gradient = (
  from: number, other: number, out: number, batch: number, inHeight: number, inWidth: number, channels: number, multiplier: number,
  filterHeight: number, filterWidth: number, outHeight: number, outWidth: number,
  strideHeight: number, strideWidth: number, dilationHeight: number, dilationWidth: number, padTop: number, padLeft: number,
) => void;

export interface DepthwiseKernels {
  /** The gradient in the filter, from x and dy. */
  readonly depthwiseFilterGradient: Gradient;
  /** The gradient in x, from dy and the filter. */
  readonly depthwiseInputGradient: Gradient;
}

export function depthwiseTwins(memory: KernelMemory): DepthwiseKernels {
  /** Visits each pair of a position of dy and a tap of the filter that meets the image, with the indices of their first values. */
  const walk = (visit: (at: Float32Array, x: number, dy: number, w: number) => void): Gradient =>
    (_from, _other, _out, batch, inHeight, inWidth, channels, multiplier, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft) => {
      const at = new Float32Array(memory.buffer);
      for (let image = 0, dy = 0; image < batch; image++) {
        for (let outRow = 0; outRow < outHeight; outRow++) {
          for (let outColumn = 0; outColumn < outWidth; outColumn++, dy += channels * multiplier) {
            for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
              const row = outRow * strideHeight + tapRow * dilationHeight - padTop;
              if (row < 0 || row >= inHeight) continue;
              for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
                const column = outColumn * strideWidth + tapColumn * dilationWidth - padLeft;
                if (column < 0 || column >= inWidth) continue;
                visit(at, ((image * inHeight + row) * inWidth + column) * channels, dy, (tapRow * filterWidth + tapColumn) * channels * multiplier);
              }
            }
          }
        }
      }
    };
  return {
    depthwiseFilterGradient(x, dy, out, ...sizes) {
      const [, , , channels, multiplier, filterHeight, filterWidth] = sizes;
      new Float32Array(memory.buffer, out, filterHeight * filterWidth * channels * multiplier).fill(0);
      walk((at, values, gradients, sums) => {
        for (let o = 0; o < channels * multiplier; o++) {
          at[(out >>> 2) + sums + o] += Math.fround(at[(x >>> 2) + values + Math.floor(o / multiplier)] * at[(dy >>> 2) + gradients + o]);
        }
      })(x, dy, out, ...sizes);
    },
    depthwiseInputGradient(dy, filter, out, ...sizes) {
      const [batch, inHeight, inWidth, channels, multiplier] = sizes;
      new Float32Array(memory.buffer, out, batch * inHeight * inWidth * channels).fill(0);
      walk((at, sums, gradients, weights) => {
        for (let o = 0; o < channels * multiplier; o++) {
          at[(out >>> 2) + sums + Math.floor(o / multiplier)] += Math.fround(at[(dy >>> 2) + gradients + o] * at[(filter >>> 2) + weights + o]);
        }
      })(dy, filter, out, ...sizes);
    },
  };
}
