/** Where the filter of a two-dimensional convolution meets its input. */
import { backend_util } from '@tensorflow/tfjs-core';

export type ConvGeometry = backend_util.Conv2DInfo;

export interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dilations?: number | [number, number];
}

export function convGeometry(inputShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs, depthwise: boolean): ConvGeometry {
  return backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
}
