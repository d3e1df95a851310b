/** Brings back what a dead coordinator left: same round, same assignments, every journaled report. */
import { isMurmurError } from '../../shared/errors.ts';
import { asAssignmentId, type AssignmentId, type EdgeId, type TaskId } from '../../shared/ids.ts';
import type { ReportOutcome } from '../../shared/protocol/messages.ts';
import type { MergeArena } from '../../shared/statistics/merge-arena.ts';
import type { Statistic } from '../../shared/statistics/statistic.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { JournalSegment, ReportJournal } from '../storage/journal.ts';
import type { Store } from '../storage/store.ts';
import { itemsOf } from './chunked-list.ts';
import { decodeJournaled, type CheckedContribution } from './contributions.ts';
import type { RoundInHand } from './round-in-hand.ts';
import { isOpen, type RoundState } from './round-state.ts';

export interface RecoveryInput {
  readonly task: { readonly id: TaskId; readonly spec: TaskSpec; readonly layout: Layout; readonly arena: MergeArena };
  /** As the store had it. */
  readonly state: RoundState;
  readonly hand: RoundInHand;
  readonly store: Store;
  readonly journal: ReportJournal;
  /** Merges as live reports are merged: the machine decides. */
  readonly merge: (checked: CheckedContribution, bytes: number) => Promise<ReportOutcome> | ReportOutcome;
  /** A statistic that counts again without being merged that way. */
  readonly merged: (edge: EdgeId, statistic: Statistic) => void;
  readonly occupy: (edge: EdgeId, assignment: AssignmentId) => void;
}

export interface Recovered {
  /** Rounds that cannot go on, and why. */
  readonly failures: readonly { readonly round: number; readonly reason: string }[];
  /** Contributions that were merged again. */
  readonly reports: number;
}

export const NO_JOURNAL = 'the coordinator went down, and this task forbids that reports touch the disk';

export async function recoverRound({ task, state, hand, store, journal, merge, merged, occupy }: RecoveryInput): Promise<Recovered> {
  const midRound = state.phase === 'configuration' || state.phase === 'reporting' || state.phase === 'updating';
  // A crash after the commit and before the end of its segment leaves one that nobody needs.
  for (const round of await journal.list(task.id)) {
    if (!midRound || round !== state.round) await journal.end(task.id, round);
  }
  const failed = (reason: string): Recovered => ({ failures: [{ round: state.round, reason }], reports: 0 });
  if (!midRound) return { failures: [], reports: 0 };
  if (!task.spec.privacy.journal) return failed(NO_JOURNAL);
  for (const { edge, id } of [...itemsOf(state.assignments)].filter(isOpen)) occupy(edge, id);
  const failure = await reopenRound(hand, { task, store, journal });
  if (failure !== null || hand.segment === null) return failed(failure ?? 'the round’s journal cannot be opened');
  return { failures: [], reports: await replay(hand.segment, { task, state, hand, merge, merged }) };
}

/**
 * Takes up what was written down of a round, and its journal.
 * @returns why its journal cannot be read, or null
 */
export async function reopenRound(hand: RoundInHand, { task, store, journal }: Pick<RecoveryInput, 'store' | 'journal'> & { readonly task: Pick<RecoveryInput['task'], 'id'> }): Promise<string | null> {
  const { round } = hand;
  const key = await store.loadRoundKey(task.id, round);
  if (!key) return 'the key of the round’s journal is gone';
  const record = await store.getRound(task.id, round);
  hand.book.reasons = { ...record?.reasons };
  hand.book.bytesDown = record?.bytesDown ?? 0;
  for (const { assignment, reason, facts } of await store.listParticipations(task.id, round)) {
    if (assignment !== null) hand.drawn.set(asAssignmentId(assignment), { reason, facts: facts ?? {} });
  }
  try {
    hand.segment = await journal.open(task.id, round, key);
    return null;
  } catch (thrown) {
    // A damaged journal costs the round, not the task.
    if (!isMurmurError(thrown, 'storage_corrupt')) throw thrown;
    return `the round’s journal is damaged: ${thrown.message}`;
  }
}

/**
 * What counted when the state was stored counts again, whatever the machine would say of it now. What was journaled
 * since then is put to the machine as a live report is; in a round that was closed there is nothing more to count.
 */
async function replay(segment: JournalSegment, { task, state, hand, merge, merged: tell }: Pick<RecoveryInput, 'task' | 'state' | 'hand' | 'merge' | 'merged'>): Promise<number> {
  const counted = new Map([...itemsOf(state.assignments)].filter(({ status }) => status === 'reported').map(({ id, edge }) => [id, edge]));
  let merged = 0;
  for await (const payload of segment.replay()) {
    const checked = decodeJournaled(payload, task.layout.digest, task.arena);
    try {
      if (checked.contains.some((id) => hand.accumulator.has(id))) continue;
      if (checked.contains.every((id) => counted.has(id))) {
        checked.mergeInto(hand.accumulator);
        const edge = counted.get(checked.contains[0]);
        if (checked.statistic !== null && edge !== undefined) tell(edge, checked.statistic);
        hand.book.bytesUp += payload.byteLength;
        merged++;
      } else if (state.phase !== 'updating' && (await merge(checked, payload.byteLength)) === 'accepted') merged++;
    } finally {
      checked.release();
    }
  }
  return merged;
}
