/** Rounds, who took part in them and why, and the keys of their journals. */
import type Database from 'better-sqlite3';
import { asEdgeId, type TaskId } from '../../../shared/ids.ts';
import type { ParticipationRecord, RoundRecord, RoundTotals } from '../store.ts';
import type { DecisionFacts } from '../../selection/decision.ts';
import { fromJson, numbersFromJson, numbersToJson, toJson } from './json.ts';

interface RoundRow {
  readonly round: number;
  readonly outcome: RoundRecord['outcome'];
  readonly reason: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly base_version: number;
  readonly version: number | null;
  readonly eligible: number;
  readonly selected: number;
  readonly reported: number;
  readonly reasons: string;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly phase_ms: string;
}

const toRound = (row: RoundRow): RoundRecord => ({
  round: row.round,
  outcome: row.outcome,
  reason: row.reason,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  baseVersion: row.base_version,
  version: row.version,
  eligible: row.eligible,
  selected: row.selected,
  reported: row.reported,
  reasons: numbersFromJson(row.reasons),
  bytesUp: row.bytes_up,
  bytesDown: row.bytes_down,
  phaseMs: numbersFromJson(row.phase_ms),
});

interface ParticipationRow {
  readonly edge: string;
  readonly assignment: string;
  readonly status: ParticipationRecord['status'];
  readonly reason: string;
  readonly examples: number | null;
  readonly at: number;
  readonly facts: string | null;
}

const toParticipation = (row: ParticipationRow): ParticipationRecord => ({
  edge: asEdgeId(row.edge),
  assignment: row.assignment === '' ? null : row.assignment,
  status: row.status,
  reason: row.reason,
  examples: row.examples,
  at: row.at,
  // Written from the type that it is read as.
  facts: row.facts === null ? null : (fromJson(row.facts) as DecisionFacts),
});

export function createRoundTables(database: Database.Database) {
  const upsertRound = database.prepare<[RoundRow & { readonly task: string }]>(`
    INSERT INTO rounds (task, round, outcome, reason, started_at, ended_at, base_version, version, eligible, selected, reported, reasons, bytes_up, bytes_down, phase_ms)
    VALUES (@task, @round, @outcome, @reason, @started_at, @ended_at, @base_version, @version, @eligible, @selected, @reported, @reasons, @bytes_up, @bytes_down, @phase_ms)
    ON CONFLICT (task, round) DO UPDATE SET
      outcome = excluded.outcome, reason = excluded.reason, started_at = excluded.started_at, ended_at = excluded.ended_at,
      base_version = excluded.base_version, version = excluded.version, eligible = excluded.eligible, selected = excluded.selected,
      reported = excluded.reported, reasons = excluded.reasons, bytes_up = excluded.bytes_up, bytes_down = excluded.bytes_down, phase_ms = excluded.phase_ms`);
  const selectRound = database.prepare<[string, number], RoundRow>('SELECT * FROM rounds WHERE task = ? AND round = ?');
  const selectRounds = database.prepare<[string, number, number], RoundRow>('SELECT * FROM rounds WHERE task = ? AND round < ? ORDER BY round DESC LIMIT ?');
  const selectNewest = database.prepare<[string], number | null>('SELECT max(round) FROM rounds WHERE task = ?').pluck();

  const sumRounds = database.prepare<[string], RoundTotals>('SELECT coalesce(sum(bytes_up), 0) AS bytesUp, coalesce(sum(bytes_down), 0) AS bytesDown FROM rounds WHERE task = ?');

  const upsertParticipation = database.prepare<[string, number, string, string, string, string, number | null, number, string | null]>(`
    INSERT INTO participations (task, round, edge, assignment, status, reason, examples, at, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task, round, edge, assignment) DO UPDATE SET status = excluded.status, reason = excluded.reason, examples = excluded.examples, at = excluded.at,
      facts = coalesce(excluded.facts, facts)`);
  const selectParticipations = database.prepare<[string, number], ParticipationRow>('SELECT edge, assignment, status, reason, examples, at, facts FROM participations WHERE task = ? AND round = ? ORDER BY sequence');

  const upsertKey = database.prepare<[string, number, Uint8Array]>('INSERT INTO round_keys (task, round, key) VALUES (?, ?, ?) ON CONFLICT (task, round) DO UPDATE SET key = excluded.key');
  const deleteKey = database.prepare<[string, number]>('DELETE FROM round_keys WHERE task = ? AND round = ?');
  const selectKey = database.prepare<[string, number], Buffer>('SELECT key FROM round_keys WHERE task = ? AND round = ?').pluck();

  return {
    totals: (task: TaskId): RoundTotals => sumRounds.get(task) ?? { bytesUp: 0, bytesDown: 0 },
    save(task: TaskId, record: RoundRecord): void {
      upsertRound.run({
        task,
        round: record.round,
        outcome: record.outcome,
        reason: record.reason,
        started_at: record.startedAt,
        ended_at: record.endedAt,
        base_version: record.baseVersion,
        version: record.version,
        eligible: record.eligible,
        selected: record.selected,
        reported: record.reported,
        reasons: numbersToJson(record.reasons),
        bytes_up: record.bytesUp,
        bytes_down: record.bytesDown,
        phase_ms: numbersToJson(record.phaseMs),
      });
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
