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

export function takeInHand(arena: MergeArena, round: number): RoundInHand {
  return { round, accumulator: arena.accumulator(), book: emptyBook(), segment: null, rejections: [], drawn: new Map(), updated: null };
}
