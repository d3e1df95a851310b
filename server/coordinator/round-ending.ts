/** What happens when a round has ended: its journal goes, what it showed of the task is stored, and whoever looks on hears of it. */
import { toMurmurError } from '../../shared/errors.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { FindingRecord } from '../diagnosis/finding-record.ts';
import type { Lease, VersionRecord } from '../storage/store.ts';
import type { DrivenTask, DriverHouse } from './driver-house.ts';
import { liveRound } from './live-task.ts';
import type { RoundPoint } from './points.ts';
import type { RoundInHand } from './round-in-hand.ts';
import type { RoundState } from './round-state.ts';

export interface RoundEndingHouse {
  readonly task: DrivenTask;
  readonly house: DriverHouse;
  readonly diagnosis: Diagnosis;
  readonly point: (name: RoundPoint) => void;
  readonly lease: () => Lease;
  readonly state: () => RoundState;
}

export interface RoundEnding {
  /**
   * @param newest the task's newest version: where the round was committed, the one that it made
   * @returns what tells those who look on, once nothing of the step is under way any more; null where the round was never stored
   */
  finish(round: number, ended: RoundInHand, newest: VersionRecord): Promise<(() => void) | null>;
}

export function createRoundEnding({ task, house, diagnosis, point, lease, state }: RoundEndingHouse): RoundEnding {
  const { store, journal, logger } = house;

  /** What is said of the task is no part of it: a disk that has no room for that may have room for the next round. */
  async function storeFindings(findings: readonly FindingRecord[]): Promise<void> {
    if (findings.length === 0) return;
    try {
      await store.saveTransition(lease(), { state: state(), findings });
    } catch (thrown) {
      const error = toMurmurError(thrown);
      logger.warn({ task: task.id, code: error.code, err: error }, 'what was found of the task could not be stored');
    }
  }

  return {
    async finish(round, ended, newest) {
      await ended.segment?.close();
      ended.segment = null;
      await journal.end(task.id, round);
      point('journal-ended');
      const record = await store.getRound(task.id, round);
      if (!record) return null;
      const version = record.version === null ? null : newest;
      const evaluation = ended.updated?.evaluation ?? null;
      await storeFindings(diagnosis.roundEnded(record, version, evaluation));
      const live = liveRound(record, version, evaluation);
      const merged = version === null ? [] : ended.accumulator.contains;
      return () => house.onRoundEnded(task.id, live, merged);
    },
  };
}
