/** How long a round with an edge takes, from offer to report: as it was measured, or estimated before that. */
import type { Candidate, DrawContext, RoundWork } from './candidate.ts';

/** What edges measure their speed on: 784-200-200-10, a step is a batch of ten. */
const REFERENCE_WEIGHTS = 784 * 200 + 200 + 200 * 200 + 200 + 200 * 10 + 10;
const REFERENCE_BATCH = 10;
const BYTES_A_WEIGHT = 4;
/** Offer, checkpoint, `configured`, report. */
const ROUND_TRIPS = 4;
/** Where the device says nothing of its network. */
const USUAL_DOWNLINK = 10;
const USUAL_ROUND_TRIP_MS = 100;

/**
 * Milliseconds: download, training and upload. The work of an example is taken to go with the number of weights, which is
 * right for dense layers and too little for convolutions; the uplink is taken to be as fast as the downlink, of which alone devices know.
 * Null where the edge's speed was not measured.
 */
export function estimatedRoundMs({ capabilities: { stepsPerSecond }, conditions, examples }: Candidate, { modelBytes, training: length, batchSize, mostSeconds }: RoundWork): number | null {
  if (stepsPerSecond === null || stepsPerSecond === 0) return null;
  const downlink = conditions.downlink === 'unknown' || conditions.downlink === 0 ? USUAL_DOWNLINK : conditions.downlink;
  const roundTrip = conditions.roundTripMs === 'unknown' ? USUAL_ROUND_TRIP_MS : conditions.roundTripMs;
  const worked = length.epochs ? length.epochs * examples : (length.steps as number) * Math.min(batchSize ?? examples, examples);
  const whole = (worked / REFERENCE_BATCH / stepsPerSecond) * (modelBytes / BYTES_A_WEIGHT / REFERENCE_WEIGHTS) * 1000;
  const training = Math.min(whole, mostSeconds === null ? Infinity : 1000 * mostSeconds);
  const transfer = (2 * 8 * modelBytes) / (downlink * 1000);
  return training + transfer + ROUND_TRIPS * roundTrip;
}

/** What its earlier rounds took goes before every estimate. */
export function expectedRoundMs(candidate: Candidate, { trackOf, work }: DrawContext): number | null {
  return trackOf(candidate.edge)?.roundMs ?? estimatedRoundMs(candidate, work);
}
