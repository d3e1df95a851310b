/** What one step of the machine writes to the store, as one transaction. */
import type { TrackRecord } from '../../shared/selection/track-record.ts';
import type { Transition, VersionRecord } from '../storage/store.ts';
import { participations, roundRecord } from './round-book.ts';
import type { RoundInHand } from './round-in-hand.ts';
import type { RoundEffect, RoundState } from './round-state.ts';
import { labelsOf, versionRecord } from './server-update.ts';

export interface TransitionInput {
  readonly before: RoundState;
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
  readonly hand: RoundInHand;
  /** A fresh key where this step opens a journal segment. */
  readonly newKey: () => Uint8Array | null;
  readonly at: number;
  readonly tracks: readonly TrackRecord[];
  /** The sampler's after its last draw. */
  readonly samplerMemory: unknown;
}

export function transitionFor({ before, state, effects, hand, newKey, at, tracks, samplerMemory }: TransitionInput): Transition {
  const { book, drawn, updated } = hand;
  let transition: Transition = { state, tracks };
  for (const effect of effects) {
    if (effect.type === 'offer') {
      const key = newKey();
      transition = {
        ...transition, round: roundRecord(state, book), participations: [...hand.rejections, ...participations(state, drawn, at, true)],
        ...(key ? { roundKey: { round: state.round, key } } : {}), ...(samplerMemory === null ? {} : { samplerMemory }),
      };
    } else if (effect.type === 'update') {
      transition = { ...transition, round: roundRecord(state, book), participations: participations(state, drawn, at, false) };
    } else if (effect.type === 'committed' && updated) {
      const version: VersionRecord = versionRecord(updated, effect.version, effect.round, at);
      transition = {
        ...transition, version, roundKey: { round: effect.round, key: null },
        round: roundRecord(before, book, { at, outcome: 'committed', reason: null, version: effect.version }),
        ...(updated.evaluation === null ? {} : { evaluated: { version: before.version, evaluation: updated.evaluation } }),
        ...labelsOf(updated),
        ...(effect.finish === null ? {} : { status: { status: 'finished', reason: effect.finish } }),
      };
    } else if (effect.type === 'aborted') {
      transition = {
        ...transition, roundKey: { round: effect.round, key: null }, participations: participations(state, drawn, at, false),
        round: roundRecord(before, book, { at, outcome: 'aborted', reason: effect.reason, version: null }),
      };
    }
  }
  return transition;
}
