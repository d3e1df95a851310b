/** Brings back what a dead coordinator left: same round, same assignments, every journaled report. */
import { isMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { ReportOutcome } from '../../shared/protocol/messages.ts';
import type { MergeArena } from '../../shared/statistics/merge-arena.ts';
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
  readonly occupy: (edge: EdgeId, assignment: AssignmentId) => void;
}

export interface Recovered {
  /** Why the round cannot go on, or null. */
  readonly failure: string | null;
  /** Contributions that were merged again. */
  readonly reports: number;
}

export async function recoverRound({ task, state, hand, store, journal, merge, occupy }: RecoveryInput): Promise<Recovered> {
  const midRound = state.phase === 'configuration' || state.phase === 'reporting' || state.phase === 'updating';
  // A crash after the commit and before the end of its segment leaves one that nobody needs.
  for (const round of await journal.list(task.id)) {
    if (!midRound || round !== state.round) await journal.end(task.id, round);
  }
  if (!midRound) return { failure: null, reports: 0 };
  if (!task.spec.privacy.journal) return { failure: 'the coordinator went down, and this task forbids that reports touch the disk', reports: 0 };
  const key = await store.loadRoundKey(task.id, state.round);
  if (!key) return { failure: 'the key of the round’s journal is gone', reports: 0 };

  for (const { edge, id } of [...itemsOf(state.assignments)].filter(isOpen)) occupy(edge, id);
  const record = await store.getRound(task.id, state.round);
  hand.book.reasons = { ...record?.reasons };
  hand.book.bytesDown = record?.bytesDown ?? 0;
  for (const { edge, assignment, reason, facts } of await store.listParticipations(task.id, state.round)) {
    if (assignment !== null) hand.drawn.set(edge, { reason, facts: facts ?? {} });
  }
  try {
    hand.segment = await journal.open(task.id, state.round, key);
  } catch (thrown) {
    // A damaged journal costs the round, not the task.
    if (!isMurmurError(thrown, 'storage_corrupt')) throw thrown;
    return { failure: `the round’s journal is damaged: ${thrown.message}`, reports: 0 };
  }
  return { failure: null, reports: await replay(hand.segment, { task, state, hand, merge }) };
}

/**
 * What counted when the state was stored counts again, whatever the machine would say of it now. What was journaled
 * since then is put to the machine as a live report is; in a round that was closed there is nothing more to count.
 */
async function replay(segment: JournalSegment, { task, state, hand, merge }: Pick<RecoveryInput, 'task' | 'state' | 'hand' | 'merge'>): Promise<number> {
  const counted = new Set([...itemsOf(state.assignments)].filter(({ status }) => status === 'reported').map(({ id }) => id));
  let merged = 0;
  for await (const payload of segment.replay()) {
    const checked = decodeJournaled(payload, task.layout.digest, task.arena);
    try {
      if (checked.contains.some((id) => hand.accumulator.has(id))) continue;
      if (checked.contains.every((id) => counted.has(id))) {
        checked.mergeInto(hand.accumulator);
        hand.book.bytesUp += payload.byteLength;
        merged++;
      } else if (state.phase !== 'updating' && (await merge(checked, payload.byteLength)) === 'accepted') merged++;
    } finally {
      checked.release();
    }
  }
  return merged;
}
