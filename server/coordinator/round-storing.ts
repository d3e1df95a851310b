/** What of a task's rounds must survive a crash, and when it is stored: their transitions, their keys, and the journals of those that take reports. */
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Lease } from '../storage/store.ts';
import { bufferTransitionFor } from './buffer-records.ts';
import type { DrivenTask, DriverHouse } from './driver-house.ts';
import type { RoundPoint } from './points.ts';
import type { RoundInHand } from './round-in-hand.ts';
import type { RoundEffect, RoundPolicy, RoundState } from './round-state.ts';
import type { TaskSelection } from './task-selection.ts';
import { transitionFor } from './transitions.ts';

export interface RoundStoringHouse {
  readonly task: DrivenTask;
  readonly house: DriverHouse;
  readonly policy: RoundPolicy;
  readonly selection: TaskSelection;
  readonly point: (name: RoundPoint) => void;
  readonly now: () => number;
  /** As it stands when it is asked for. */
  readonly current: {
    state(): RoundState;
    lease(): Lease;
    hand(): RoundInHand;
    closing(): RoundInHand | null;
    handOf(round: number): RoundInHand;
  };
}

export interface RoundStoring {
  /**
   * One transaction for each change of phase; what lies between is in the journal, or can be lost.
   * Returns why the round cannot go on, where its journal cannot be opened: nobody was asked for anything yet.
   */
  persist(before: RoundState, effects: readonly RoundEffect[]): Promise<string | null>;
  /** Of the buffer that fills. @throws storage_failed: its reports cannot be acknowledged before that has worked */
  openSegment(): Promise<void>;
  /** Of all rounds in hand. @throws what the journal throws */
  closeSegments(): Promise<void>;
}

export function createRoundStoring({ task, house, policy, selection, point, now, current }: RoundStoringHouse): RoundStoring {
  const { store, journal, logger } = house;
  const { spec } = task;

  async function persist(before: RoundState, effects: readonly RoundEffect[]): Promise<string | null> {
    const [state, hand] = [current.state(), current.hand()];
    const rest = { before, state, effects, at: now(), tracks: selection.tracks.takeChanged(), samplerMemory: selection.memory };
    if (!policy.barrier) {
      await store.saveTransition(current.lease(), bufferTransitionFor({ ...rest, handOf: current.handOf, newKey: () => (spec.privacy.journal ? house.randomBytes(32) : null) }));
      if (effects.some(({ type }) => type === 'update')) point('closing-stored');
      return null;
    }
    const newKey = (): Uint8Array | null => (spec.privacy.journal && hand.segment === null ? house.randomBytes(32) : null);
    const transition = transitionFor({ ...rest, hand, newKey });
    await store.saveTransition(current.lease(), transition);
    if (state.phase === 'updating') point('closing-stored');
    if (!transition.roundKey?.key) return null;
    try {
      hand.segment = await journal.open(task.id, state.round, transition.roundKey.key);
      return null;
    } catch (thrown) {
      return `the round’s journal cannot be opened: ${noSegment(thrown).message}`;
    }
  }

  function noSegment(thrown: unknown): MurmurError {
    const error = toMurmurError(thrown);
    logger.error({ task: task.id, round: current.state().round, code: error.code, err: error }, 'the round’s journal cannot be opened');
    return error;
  }

  async function openSegment(): Promise<void> {
    const hand = current.hand();
    if (hand.segment !== null || !spec.privacy.journal) return;
    const key = await store.loadRoundKey(task.id, hand.round);
    if (key === null) throw new MurmurError('unavailable', `no journal of round ${hand.round} can be opened just now; try again later`);
    try {
      hand.segment = await journal.open(task.id, hand.round, key);
    } catch (thrown) {
      const error = noSegment(thrown);
      // Nothing was written to it yet: what is damaged there is no report.
      if (error.code === 'storage_corrupt' && hand.accumulator.count === 0) await journal.end(task.id, hand.round);
      throw new MurmurError('storage_failed', `the round’s journal cannot be opened: ${error.message}`, { cause: error });
    }
  }

  async function closeSegments(): Promise<void> {
    let failure: unknown = null;
    const closing = current.closing();
    for (const one of closing === null ? [current.hand()] : [closing, current.hand()]) {
      const { segment } = one;
      one.segment = null;
      // Where one cannot be closed the other is all the same: whoever starts the task again opens both.
      await segment?.close().catch((thrown: unknown) => (failure ??= thrown));
    }
    if (failure !== null) throw toMurmurError(failure);
  }

  return { persist, openSegment, closeSegments };
}
