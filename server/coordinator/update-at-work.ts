/** The server half at work: one update at a time, beside the mailbox, so that acknowledgements and questions do not wait for it. */
import type { ServerState } from '../../shared/algorithms/algorithm.ts';
import { sleep } from '../../shared/clock.ts';
import { toMurmurError } from '../../shared/errors.ts';
import type { RoundArena } from '../aggregation/round-arena.ts';
import type { DrivenTask, DriverHouse } from './driver-house.ts';
import { stalenessMeasures } from './live-task.ts';
import type { RoundPoint } from './points.ts';
import type { RoundInHand } from './round-in-hand.ts';
import type { RoundEvent, RoundState } from './round-state.ts';
import { rememberedIn, runUpdate } from './server-update.ts';
import type { Standing } from './standing.ts';

/** From what an update goes on. */
export interface UpdateBase {
  readonly state: RoundState;
  readonly serverState: ServerState;
  readonly standing: Standing;
  /** Number of the newest version. */
  readonly version: number;
  /** Rounds that have made a version. */
  readonly committed: number;
}

export interface UpdateAtWorkHouse {
  readonly task: DrivenTask;
  readonly house: DriverHouse;
  readonly arena: RoundArena;
  readonly point: (name: RoundPoint) => void;
  readonly now: () => number;
  readonly handOf: (round: number) => RoundInHand;
  readonly base: () => UpdateBase;
  readonly onBegun: (closed: RoundInHand) => void;
  /** What the machine is told of the end of an update, unless its round is over by then. */
  readonly answer: (closed: RoundInHand, event: RoundEvent) => void;
}

export interface UpdateAtWork {
  begin(round: number): void;
  /** Resolves when none is at work; never rejects. */
  settled(): Promise<void>;
}

export function createUpdateAtWork({ task, house, arena, point, now, handOf, base, onBegun, answer }: UpdateAtWorkHouse): UpdateAtWork {
  /** Never rejects. */
  let updating: Promise<void> = Promise.resolve();
  /** The round whose update is at work, or was last. */
  let updatingFor: RoundInHand | null = null;

  function begin(round: number): void {
    const closed = handOf(round);
    // A restart whose replay closed the round asks for its update twice: one is at work already.
    if (updatingFor === closed) return;
    updatingFor = closed;
    onBegun(closed);
    const { state, serverState, standing, version, committed } = base();
    const next = version + 1;
    const measured = stalenessMeasures(state);
    const result = async (): Promise<void> => {
      const combined = await arena.combined(closed.accumulator, { segment: closed.segment, last: rememberedIn(serverState), pause: () => sleep(house.clock, 0) });
      const updated = await runUpdate({ task, house, round, state: serverState, version: next, committed: committed + 1, combined, standing, measured, point });
      closed.updated = updated;
      answer(closed, { type: 'updated', at: now(), version: next, checkpoint: updated.stored.checkpoint, finish: updated.finish });
    };
    updating = result().catch((thrown: unknown) => {
      const error = toMurmurError(thrown);
      house.logger.error({ task: task.id, round, code: error.code, err: error }, 'the update failed');
      answer(closed, { type: 'failed', at: now(), round, reason: `the update failed: ${error.message}` });
    });
  }

  return { begin, settled: () => updating };
}
