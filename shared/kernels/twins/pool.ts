/** The gradients of pooling in plain TypeScript: what the SIMD kernels compute, to the bit. */
import type { KernelMemory } from '../memory.ts';

export interface PoolKernels {
  /**
   * The gradient in x of maximum pooling: of each window and channel, the first of the greatest values in x gets what dy
   * says; where windows overlap, these are added in float32 in the order of dy. What is no number is never the greatest.
   * x and out lie as [batch, inHeight, inWidth, channels], dy as [batch, outHeight, outWidth, channels]. Windows that reach
   * over the edges end there; `padTop` and `padLeft` positions stand before an image.
   */
  maxPoolGradient(
    x: number, dy: number, out: number, batch: number, inHeight: number, inWidth: number, channels: number,
    filterHeight: number, filterWidth: number, outHeight: number, outWidth: number,
    strideHeight: number, strideWidth: number, padTop: number, padLeft: number,
  ): void;
  /**
   * The gradient in x of average pooling that divides by all of a window's positions, also by those beyond the edges: each
   * position gets dy · 1/(filterHeight · filterWidth), in float32, of each window that it lies in, added in the order of dy.
   */
  avgPoolGradient(
    dy: number, out: number, batch: number, inHeight: number, inWidth: number, channels: number,
    filterHeight: number, filterWidth: number, outHeight: number, outWidth: number,
    strideHeight: number, strideWidth: number, padTop: number, padLeft: number,
  ): void;
}

export function poolTwins(memory: KernelMemory): PoolKernels {
  return {
    maxPoolGradient(x, dy, out, batch, inHeight, inWidth, channels, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padTop, padLeft) {
      const at = new Float32Array(memory.buffer);
      const [values, gradients, sums] = [x >>> 2, dy >>> 2, out >>> 2];
      at.fill(0, sums, sums + batch * inHeight * inWidth * channels);
      let from = gradients;
      for (let image = 0; image < batch; image++) {
        for (let outRow = 0; outRow < outHeight; outRow++) {
          for (let outColumn = 0; outColumn < outWidth; outColumn++) {
            const [top, left] = [outRow * strideHeight - padTop, outColumn * strideWidth - padLeft];
            for (let channel = 0; channel < channels; channel++, from++) {
              let greatest = -1;
              for (let row = Math.max(0, top); row < Math.min(inHeight, top + filterHeight); row++) {
                for (let column = Math.max(0, left); column < Math.min(inWidth, left + filterWidth); column++) {
                  const position = ((image * inHeight + row) * inWidth + column) * channels + channel;
                  const value = at[values + position];
                  if (!Number.isNaN(value) && (greatest < 0 || value > at[values + greatest])) greatest = position;
                }
              }
              if (greatest >= 0) at[sums + greatest] += at[from];
            }
          }
        }
      }
    },

    avgPoolGradient(dy, out, batch, inHeight, inWidth, channels, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padTop, padLeft) {
      const at = new Float32Array(memory.buffer);
      const sums = out >>> 2;
      const share = Math.fround(1 / (filterHeight * filterWidth));
      at.fill(0, sums, sums + batch * inHeight * inWidth * channels);
      let from = dy >>> 2;
      for (let image = 0; image < batch; image++) {
        for (let outRow = 0; outRow < outHeight; outRow++) {
          for (let outColumn = 0; outColumn < outWidth; outColumn++, from += channels) {
            const [top, left] = [outRow * strideHeight - padTop, outColumn * strideWidth - padLeft];
            for (let row = Math.max(0, top); row < Math.min(inHeight, top + filterHeight); row++) {
              for (let column = Math.max(0, left); column < Math.min(inWidth, left + filterWidth); column++) {
                const to = sums + ((image * inHeight + row) * inWidth + column) * channels;
                for (let channel = 0; channel < channels; channel++) at[to + channel] += Math.fround(at[from + channel] * share);
              }
            }
          }
        }
      }
    },
  };
}
