/** Rounds, who took part in them and why, and the keys of their journals. */
import type Database from 'better-sqlite3';
import { asEdgeId, type TaskId } from '../../../shared/ids.ts';
import type { ParticipationRecord, RoundRecord, RoundTotals } from '../store.ts';
import type { DecisionFacts } from '../../selection/decision.ts';
import { fromJson, numbersFromJson, numbersToJson, toJson } from './json.ts';

/** In the order of the columns: SQLite's binding puts together a list much faster than an object. */
const ROUND_COLUMNS = 'round, outcome, reason, started_at, ended_at, base_version, version, eligible, selected, reported, reasons, bytes_up, bytes_down, phase_ms';
type RoundRow = [
  round: number, outcome: RoundRecord['outcome'], reason: string | null, startedAt: number, endedAt: number | null, baseVersion: number, version: number | null,
  eligible: number, selected: number, reported: number, reasons: string, bytesUp: number, bytesDown: number, phaseMs: string,
];

const toRound = ([round, outcome, reason, startedAt, endedAt, baseVersion, version, eligible, selected, reported, reasons, bytesUp, bytesDown, phaseMs]: RoundRow): RoundRecord => ({
  round, outcome, reason, startedAt, endedAt, baseVersion, version, eligible, selected, reported, reasons: numbersFromJson(reasons), bytesUp, bytesDown, phaseMs: numbersFromJson(phaseMs),
});

type ParticipationRow = [edge: string, assignment: string, status: ParticipationRecord['status'], reason: string, examples: number | null, at: number, facts: string | null];

const toParticipation = ([edge, assignment, status, reason, examples, at, facts]: ParticipationRow): ParticipationRecord => ({
  edge: asEdgeId(edge), assignment: assignment === '' ? null : assignment, status, reason, examples, at,
  // Written from the type that it is read as.
  facts: facts === null ? null : (fromJson(facts) as DecisionFacts),
});

export function createRoundTables(database: Database.Database) {
  const upsertRound = database.prepare<[string, ...RoundRow]>(`
    INSERT INTO rounds (task, ${ROUND_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task, round) DO UPDATE SET
      outcome = excluded.outcome, reason = excluded.reason, started_at = excluded.started_at, ended_at = excluded.ended_at,
      base_version = excluded.base_version, version = excluded.version, eligible = excluded.eligible, selected = excluded.selected,
      reported = excluded.reported, reasons = excluded.reasons, bytes_up = excluded.bytes_up, bytes_down = excluded.bytes_down, phase_ms = excluded.phase_ms`);
  const selectRound = database.prepare<[string, number], RoundRow>(`SELECT ${ROUND_COLUMNS} FROM rounds WHERE task = ? AND round = ?`).raw();
  const selectRounds = database.prepare<[string, number, number], RoundRow>(`SELECT ${ROUND_COLUMNS} FROM rounds WHERE task = ? AND round < ? ORDER BY round DESC LIMIT ?`).raw();
  const selectNewest = database.prepare<[string], number | null>('SELECT max(round) FROM rounds WHERE task = ?').pluck();

  const sumRounds = database.prepare<[string], RoundTotals>("SELECT coalesce(sum(outcome = 'committed'), 0) AS committed, coalesce(sum(bytes_up), 0) AS bytesUp, coalesce(sum(bytes_down), 0) AS bytesDown FROM rounds WHERE task = ?");

  const upsertParticipation = database.prepare<[string, number, string, string, string, string, number | null, number, string | null]>(`
    INSERT INTO participations (task, round, edge, assignment, status, reason, examples, at, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task, round, edge, assignment) DO UPDATE SET status = excluded.status, reason = excluded.reason, examples = excluded.examples, at = excluded.at,
      facts = coalesce(excluded.facts, facts)`);
  const selectParticipations = database.prepare<[string, number], ParticipationRow>('SELECT edge, assignment, status, reason, examples, at, facts FROM participations WHERE task = ? AND round = ? ORDER BY sequence').raw();

  // Rounds from the newest on, and in each what is asked for by the participations' own index: an index by edge would cost every task.
  const selectNewestOf = database.prepare<[string, string, string], ParticipationRow>(`
    SELECT p.edge, p.assignment, p.status, p.reason, p.examples, p.at, p.facts
    FROM rounds r CROSS JOIN participations p ON p.task = r.task AND p.round = r.round AND p.edge = ? AND p.assignment = ?
    WHERE r.task = ? ORDER BY r.round DESC LIMIT 1`).raw();

  const selectLastCounted = database.prepare<[string, string, string], string>(`
    SELECT p.assignment FROM rounds r CROSS JOIN participations p ON p.task = r.task AND p.round = r.round AND p.edge = ?
    WHERE r.task = ? AND r.outcome = 'committed' AND p.status = 'reported'
      AND r.round > (SELECT coalesce(max(round), 0) FROM versions WHERE task = ? AND origin IS NOT NULL)
    ORDER BY r.round DESC LIMIT 1`).pluck();

  const upsertKey = database.prepare<[string, number, Uint8Array]>('INSERT INTO round_keys (task, round, key) VALUES (?, ?, ?) ON CONFLICT (task, round) DO UPDATE SET key = excluded.key');
  const deleteKey = database.prepare<[string, number]>('DELETE FROM round_keys WHERE task = ? AND round = ?');
  const selectKey = database.prepare<[string, number], Buffer>('SELECT key FROM round_keys WHERE task = ? AND round = ?').pluck();

  return {
    totals: (task: TaskId): RoundTotals => sumRounds.get(task) ?? { committed: 0, bytesUp: 0, bytesDown: 0 },
    save(task: TaskId, record: RoundRecord): void {
      const { round, outcome, reason, startedAt, endedAt, baseVersion, version, eligible, selected, reported, reasons, bytesUp, bytesDown, phaseMs } = record;
      upsertRound.run(task, round, outcome, reason, startedAt, endedAt, baseVersion, version, eligible, selected, reported, numbersToJson(reasons), bytesUp, bytesDown, numbersToJson(phaseMs));
    },
    get(task: TaskId, round: number): RoundRecord | null {
      const row = selectRound.get(task, round);
      return row === undefined ? null : toRound(row);
    },
    list: (task: TaskId, limit: number, before: number): RoundRecord[] => selectRounds.all(task, before, limit).map(toRound),
    newest: (task: TaskId): number | null => selectNewest.get(task) ?? null,

    saveParticipations(task: TaskId, round: number, records: readonly ParticipationRecord[]): void {
      for (const { edge, assignment, status, reason, examples, at, facts } of records) {
        upsertParticipation.run(task, round, edge, assignment ?? '', status, reason, examples, at, facts === null ? null : toJson(facts, 'the facts of a decision'));
      }
    },
    participations: (task: TaskId, round: number): ParticipationRecord[] => selectParticipations.all(task, round).map(toParticipation),

    newestParticipation(task: TaskId, edge: string, assignment: string): ParticipationRecord | null {
      const row = selectNewestOf.get(edge, assignment, task);
      return row === undefined ? null : toParticipation(row);
    },

    lastCounted: (task: TaskId, edge: string): string | null => selectLastCounted.get(edge, task, task) ?? null,

    saveKey(task: TaskId, round: number, key: Uint8Array): void {
      upsertKey.run(task, round, key);
    },
    /** True when there was one. */
    destroyKey: (task: TaskId, round: number): boolean => deleteKey.run(task, round).changes > 0,
    loadKey(task: TaskId, round: number): Uint8Array | null {
      const key = selectKey.get(task, round);
      return key === undefined ? null : new Uint8Array(key);
    },
  };
}
