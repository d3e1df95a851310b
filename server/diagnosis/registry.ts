/** Every reading, by name. A new one is one file and one line here. */
import type { Reading } from './reading.ts';
import { abortedRounds } from './readings/aborted-rounds.ts';
import { divergence } from './readings/divergence.ts';
import { edgeDirection } from './readings/edge-direction.ts';
import { edgeLength } from './readings/edge-length.ts';
import { edgeLoss } from './readings/edge-loss.ts';
import { labelSkew } from './readings/label-skew.ts';
import { modelTooSmall } from './readings/model-too-small.ts';
import { neverReports } from './readings/never-reports.ts';
import { overfitting } from './readings/overfitting.ts';
import { rateTooHigh } from './readings/rate-too-high.ts';
import { rateTooLow } from './readings/rate-too-low.ts';
import { refusedReports } from './readings/refused-reports.ts';
import { unlikeEdges } from './readings/unlike-edges.ts';

export const READINGS: readonly Reading[] = [
  rateTooLow,
  rateTooHigh,
  modelTooSmall,
  divergence,
  overfitting,
  edgeLoss,
  edgeDirection,
  edgeLength,
  labelSkew,
  unlikeEdges,
  neverReports,
  refusedReports,
  abortedRounds,
];
