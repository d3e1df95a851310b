/** Brings back what a dead coordinator left of a task without a barrier: the buffer that fills, the one that was closed, and every journaled report of both. */
import type { EdgeId } from '../../shared/ids.ts';
import { bufferOf } from './buffer-machine.ts';
import { itemsOf } from './chunked-list.ts';
import { decodeJournaled } from './contributions.ts';
import { NO_JOURNAL, reopenRound, type Recovered, type RecoveryInput } from './recovery.ts';
import type { RoundInHand } from './round-in-hand.ts';
import { isOpen, type RoundState } from './round-state.ts';

export interface BufferRecoveryInput extends Omit<RecoveryInput, 'hand'> {
  /** The buffer that fills, and the one that was closed; both are empty still. */
  readonly filling: RoundInHand;
  readonly closing: RoundInHand | null;
  /** By which a report's weight is multiplied. */
  readonly factor: (staleness: number) => number;
  /** What is replayed may fill the buffer: then another one is open, and the rest of the journal was never acknowledged. */
  readonly stillFilling: () => boolean;
}

/** A buffer that cannot go on is a failure; assignments and the other buffer go on. The closed one comes first. */
export async function recoverBuffers(input: BufferRecoveryInput): Promise<Recovered> {
  const { task, state, journal, filling, closing, occupy } = input;
  const alive = state.phase !== 'idle';
  // A crash after a commit and before the end of its segment leaves one that nobody needs.
  for (const round of await journal.list(task.id)) {
    if (!alive || (round !== filling.round && round !== closing?.round)) await journal.end(task.id, round);
  }
  if (!alive) return { failures: [], reports: 0 };
  for (const { edge, id } of [...itemsOf(state.assignments)].filter(isOpen)) occupy(edge, id);
  const failures: { round: number; reason: string }[] = [];
  let reports = 0;
  for (const hand of closing === null ? [filling] : [closing, filling]) {
    const reason = task.spec.privacy.journal ? await reopenRound(hand, input) : NO_JOURNAL;
    if (reason === null) reports += await replay(hand, input);
    else failures.push({ round: hand.round, reason });
  }
  return { failures, reports };
}

/** What had counted by the stored state counts again, as stale as it was then; what came to the open buffer since is put to the machine as a live report is. */
async function replay(hand: RoundInHand, { task, state, filling, merge, merged: tell, factor, stillFilling }: BufferRecoveryInput): Promise<number> {
  const counted = countedIn(state, hand.round);
  let merged = 0;
  for await (const payload of hand.segment?.replay() ?? []) {
    if (hand === filling && !stillFilling()) break;
    const checked = decodeJournaled(payload, task.layout.digest, task.arena);
    try {
      const [id] = checked.contains;
      if (hand.accumulator.has(id)) continue;
      const before = counted.get(id);
      if (before !== undefined) {
        checked.mergeInto(hand.accumulator, factor(before.staleness));
        if (checked.statistic !== null) tell(before.edge, checked.statistic);
        hand.book.bytesUp += payload.byteLength;
        merged++;
      } else if (hand === filling && (await merge(checked, payload.byteLength)) === 'accepted') merged++;
    } finally {
      checked.release();
    }
  }
  return merged;
}

/** The assignments whose reports count in a buffer, with their edges and their staleness. */
function countedIn(state: RoundState, round: number): ReadonlyMap<string, { readonly edge: EdgeId; readonly staleness: number }> {
  return new Map([...itemsOf(state.assignments)].flatMap(({ id, edge, counted }) => (counted?.round === round ? [[id, { edge, staleness: counted.staleness }] as const] : [])));
}

/** The buffer that was closed and not committed, by the stored state. */
export const closedRound = (state: RoundState): number | null => bufferOf(state).closing?.round ?? null;
