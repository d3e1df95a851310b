/** What is written down of tasks without a barrier: a record for each buffer, and what one step of the machine stores. */
import { MurmurError } from '../../shared/errors.ts';
import type { TrackRecord } from '../../shared/selection/track-record.ts';
import type { ParticipationRecord, RoundPart, RoundRecord, Transition } from '../storage/store.ts';
import { bufferOf } from './buffer-machine.ts';
import { itemAt, itemsOf } from './chunked-list.ts';
import type { RoundBook, RoundEnd } from './round-book.ts';
import type { RoundInHand } from './round-in-hand.ts';
import { isOpen, type Assignment, type ClosedBuffer, type RoundEffect, type RoundState } from './round-state.ts';
import { labelsOf, versionRecord } from './server-update.ts';

export interface BufferTransitionInput {
  readonly before: RoundState;
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
  /** Of the buffer that fills, or of the one that is closed. */
  readonly handOf: (round: number) => RoundInHand;
  /** For the journal of the buffer that begins; null where the task keeps none. */
  readonly newKey: () => Uint8Array | null;
  readonly at: number;
  readonly tracks: readonly TrackRecord[];
  readonly samplerMemory: unknown;
}

/** Steps that are stored: what happens between them is in the journal, or can be lost. */
export const isStored = (effects: readonly RoundEffect[]): boolean => effects.some(({ type }) => type !== 'count' && type !== 'draw' && type !== 'release');

export function bufferTransitionFor({ before, state, effects, handOf, newKey, at, tracks, samplerMemory }: BufferTransitionInput): Transition {
  const parts: RoundPart[] = [];
  let transition: Transition = { state, tracks };
  let left: readonly Assignment[] = [];
  for (const effect of effects) {
    switch (effect.type) {
      case 'begin': {
        const key = newKey();
        if (key !== null) parts.push({ roundKey: { round: effect.round, key } });
        break;
      }
      case 'moved':
        ({ left } = effect);
        break;
      case 'offer': {
        const hand = handOf(state.round);
        const issued = effect.indices.flatMap((index) => itemAt(state.assignments, index) ?? []);
        // What counted was written down when its buffer closed.
        const over = left.filter(({ counted }) => counted === undefined);
        parts.push({ round: openRecord(state, hand.book), participations: [...over, ...issued].map((assignment) => participation(assignment, hand, state.round, at)) });
        if (samplerMemory !== null) transition = { ...transition, samplerMemory };
        break;
      }
      case 'update': {
        const hand = handOf(effect.round);
        const counted = [...itemsOf(state.assignments)].filter(({ counted: by }) => by?.round === effect.round);
        parts.push({
          round: closedRecord(closingOf(state), state.version, hand.book),
          participations: [...hand.rejections, ...counted.map((assignment) => participation(assignment, hand, effect.round, at))],
        });
        break;
      }
      case 'committed': {
        const { book, updated } = handOf(effect.round);
        if (updated === null) throw new MurmurError('internal', `round ${effect.round} is committed without an update`);
        const end: RoundEnd = { at, outcome: 'committed', reason: null, version: effect.version };
        parts.push({ round: closedRecord(closingOf(before), before.version, book, end), roundKey: { round: effect.round, key: null } });
        transition = { ...transition, version: versionRecord(updated, effect.version, effect.round, at), ...labelsOf(updated), ...(effect.finish === null ? {} : { status: { status: 'finished', reason: effect.finish } }) };
        break;
      }
      case 'aborted':
        parts.push(abortedPart(effect, { before, state, hand: handOf(effect.round), at }));
        break;
      case 'count':
      case 'draw':
      case 'release':
      case 'stage':
        break;
    }
  }
  return { ...transition, alongside: parts };
}

function closingOf(state: RoundState): ClosedBuffer {
  const { closing } = bufferOf(state);
  if (closing === null) throw new MurmurError('internal', `no buffer of round ${state.round - 1} is closed`);
  return closing;
}

function abortedPart({ round, reason }: Extract<RoundEffect, { type: 'aborted' }>, { before, state, hand, at }: { readonly before: RoundState; readonly state: RoundState; readonly hand: RoundInHand; readonly at: number }): RoundPart {
  const end: RoundEnd = { at, outcome: 'aborted', reason, version: null };
  const roundKey = { round, key: null };
  const { closing, issued } = bufferOf(before);
  if (closing?.round === round) return { round: closedRecord(closing, before.version, hand.book, end), roundKey };
  const ended = [...itemsOf(state.assignments)].filter((assignment) => !isOpen(assignment) && (assignment.counted === undefined || assignment.counted.round === round));
  // One that nobody was asked for and nothing came to never was, for people.
  if (issued === 0 && before.reported === 0 && ended.length === 0) return { roundKey };
  return { round: openRecord(before, hand.book, end), participations: [...hand.rejections, ...ended.map((assignment) => participation(assignment, hand, round, at))], roundKey };
}

/** Of the buffer that fills, or was filling when it was ended. */
function openRecord(state: RoundState, { reasons, bytesUp, bytesDown }: RoundBook, end?: RoundEnd): RoundRecord {
  const { issued, closing } = bufferOf(state);
  return {
    round: state.round, outcome: end?.outcome ?? 'running', reason: end?.reason ?? null, startedAt: state.startedAt, endedAt: end?.at ?? null,
    baseVersion: state.version + (closing === null ? 0 : 1), version: null,
    eligible: state.eligible, selected: issued, reported: state.reported, reasons, bytesUp, bytesDown,
    phaseMs: { reporting: Math.max(0, (end?.at ?? state.startedAt) - state.startedAt) },
  };
}

/** @param baseVersion the version that it moves */
function closedRecord({ round, startedAt, closedAt, eligible, issued, reported }: ClosedBuffer, baseVersion: number, { reasons, bytesUp, bytesDown }: RoundBook, end?: RoundEnd): RoundRecord {
  return {
    round, outcome: end?.outcome ?? 'running', reason: end?.reason ?? null, startedAt, endedAt: end?.at ?? null, baseVersion, version: end?.version ?? null,
    eligible, selected: issued, reported, reasons, bytesUp, bytesDown,
    phaseMs: { reporting: Math.max(0, closedAt - startedAt), updating: Math.max(0, (end?.at ?? closedAt) - closedAt) },
  };
}

const behind = (versions: number): string => (versions === 0 ? 'its report is of the newest version' : `its report is ${versions} ${versions === 1 ? 'version' : 'versions'} behind`);

function participation(assignment: Assignment, { drawn }: RoundInHand, round: number, at: number): ParticipationRecord {
  const { edge, id, status, reason, examples, counted } = assignment;
  const asked = drawn.get(id);
  const why = asked?.reason ?? `asked in round ${assignment.round}`;
  const facts = { ...asked?.facts, ...(counted === undefined ? {} : { staleness: counted.staleness }) };
  return {
    edge, assignment: id, status: status === 'offered' ? 'assigned' : status, examples, at,
    reason: reason !== '' ? reason : counted === undefined || counted.round !== round ? why : `${why}; ${behind(counted.staleness)}`,
    facts: Object.keys(facts).length === 0 ? null : facts,
  };
}
