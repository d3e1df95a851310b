/** What a driver holds of the round under way beside the machine's state: nothing of it grows with the number of reports but ids. */
import type { AssignmentId } from '../../shared/ids.ts';
import type { Accumulator } from '../../shared/statistics/accumulator.ts';
import type { MergeArena } from '../../shared/statistics/merge-arena.ts';
import type { JournalSegment } from '../storage/journal.ts';
import type { ParticipationRecord } from '../storage/store.ts';
import { emptyBook, type DrawnFor, type RoundBook } from './round-book.ts';
import type { UpdateResult } from './server-update.ts';

export interface RoundInHand {
  readonly round: number;
  readonly accumulator: Accumulator;
  readonly book: RoundBook;
  /** Open from the offer to the end of the round; null where the task keeps no journal. */
  segment: JournalSegment | null;
  /** Those who were considered and not chosen, until they are stored with the assignments. */
  rejections: readonly ParticipationRecord[];
  /** Why those who were chosen were. */
  readonly drawn: Map<AssignmentId, DrawnFor>;
  /** Result of the server half, between its end and the transition that stores it. */
  updated: UpdateResult | null;
}

function takeInHand(arena: MergeArena, round: number): RoundInHand {
  return { round, accumulator: arena.accumulator(), book: emptyBook(), segment: null, rejections: [], drawn: new Map(), updated: null };
}

/** The rounds that a driver has in hand: one, and without a barrier a second one, which is closed and not committed yet while the next buffer fills. */
export interface RoundsInHand {
  /** The round under way; without a barrier the buffer that fills. */
  readonly filling: RoundInHand;
  readonly closing: RoundInHand | null;
  of(round: number): RoundInHand;
  begin(round: number): void;
  /** Without a barrier: its update is at work, and another buffer fills. */
  setAside(closed: RoundInHand): void;
  /** It was set aside and is over; it is released when all of its end is stored. */
  takeBack(round: number): RoundInHand;
  /** With a barrier whoever looks sees the sum until the next round begins. */
  release(ended: RoundInHand): void;
  /** As a restarted coordinator found them, both empty still. @param closed the round that was set aside */
  takeUp(round: number, closed: number | null): void;
}

export function createRoundsInHand(arena: MergeArena, round: number): RoundsInHand {
  let filling = takeInHand(arena, round);
  let closing: RoundInHand | null = null;
  const of = (wanted: number): RoundInHand => (closing?.round === wanted ? closing : filling);
  return {
    get filling() {
      return filling;
    },
    get closing() {
      return closing;
    },
    of,
    begin(next) {
      if (filling !== closing) filling.accumulator.release();
      filling = takeInHand(arena, next);
    },
    setAside(closed) {
      closing = closed;
    },
    takeBack(ended) {
      const hand = of(ended);
      if (hand === closing) closing = null;
      return hand;
    },
    release(ended) {
      if (ended !== filling) ended.accumulator.release();
    },
    takeUp(stored, closed) {
      filling.accumulator.release();
      filling = takeInHand(arena, stored);
      closing = closed === null ? null : takeInHand(arena, closed);
    },
  };
}
