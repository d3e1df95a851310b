/** Tasks and the states of their machines. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import { asTaskId, type TaskId } from '../../../shared/ids.ts';
import type { AnyTask } from '../../../shared/task/task-spec.ts';
import type { TaskRecord, TaskStatus } from '../store.ts';
import { fromJson, toJson } from './json.ts';

/** In the order of the columns. */
type TaskRow = [id: string, status: TaskStatus, statusReason: string | null, createdAt: number];

/** Plain JSON, down to its leaves; returns its argument. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

export function createTaskTable(database: Database.Database) {
  const insert = database.prepare<[string, string, string, string | null, number]>('INSERT INTO tasks (id, spec, status, status_reason, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const select = database.prepare<[string], TaskRow>('SELECT id, status, status_reason, created_at FROM tasks WHERE id = ?').raw();
  const selectAll = database.prepare<[], TaskRow>('SELECT id, status, status_reason, created_at FROM tasks ORDER BY created_at, id').raw();
  const selectSpec = database.prepare<[string], string>('SELECT spec FROM tasks WHERE id = ?').pluck();
  const updateStatus = database.prepare<[string, string | null, string]>('UPDATE tasks SET status = ?, status_reason = ? WHERE id = ?');
  const upsertState = database.prepare<[string, string]>('INSERT INTO states (task, state) VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET state = excluded.state');
  const updateMemory = database.prepare<[string, string]>('UPDATE states SET sampler_memory = ? WHERE task = ?');
  const selectMemory = database.prepare<[string], string | null>('SELECT sampler_memory FROM states WHERE task = ?').pluck();
  const selectState = database.prepare<[string], string>('SELECT state FROM states WHERE task = ?').pluck();
  /** A spec never changes, may hold a large model, and every edge that connects asks for it: each is read and parsed once, and frozen, since all have the same object. */
  const specs = new Map<string, AnyTask>();

  function specOf(id: string): AnyTask {
    // Checked by the schema before it was stored.
    const spec = specs.get(id) ?? deepFreeze(fromJson(selectSpec.get(id) ?? 'null') as AnyTask);
    specs.set(id, spec);
    return spec;
  }

  const toRecord = ([id, status, statusReason, createdAt]: TaskRow): TaskRecord => ({ id: asTaskId(id), spec: specOf(id), status, statusReason, createdAt });

  return {
    /** Of tasks that are removed: one of the same name may come with another spec. */
    forgetSpecs: (): void => specs.clear(),
    create(task: TaskRecord): void {
      const { changes } = insert.run(task.id, toJson(task.spec, 'the task spec'), task.status, task.statusReason, task.createdAt);
      if (changes === 0) throw new MurmurError('conflict', `a task named ${task.id} exists already; choose another name`);
    },
    get(id: TaskId): TaskRecord | null {
      const row = select.get(id);
      return row === undefined ? null : toRecord(row);
    },
    list: (): TaskRecord[] => selectAll.all().map(toRecord),
    setStatus(id: TaskId, status: TaskStatus, reason: string | null): void {
      if (updateStatus.run(status, reason, id).changes === 0) throw new MurmurError('not_found', `there is no task ${id}`);
    },
    saveState(id: TaskId, state: unknown): void {
      upsertState.run(id, toJson(state, `the state of task ${id}`));
    },
    /** Of a task whose state is stored. */
    saveSamplerMemory(id: TaskId, memory: unknown): void {
      updateMemory.run(toJson(memory, `the sampler's memory of task ${id}`), id);
    },
    loadSamplerMemory(id: TaskId): unknown {
      const text = selectMemory.get(id);
      return text === undefined || text === null ? null : fromJson(text);
    },
    loadState(id: TaskId): unknown {
      const text = selectState.get(id);
      return text === undefined ? null : fromJson(text);
    },
  };
}
