/** What whoever looks on is told of the tasks: of those that are driven here as they are now, of the others as they were stored last. */
import type { TaskId } from '../../shared/ids.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import type { FindingRecord } from '../diagnosis/finding-record.ts';
import type { Store } from '../storage/store.ts';
import type { TaskDriver } from './driver-house.ts';
import { liveRound, restingTask } from './live-task.ts';

/** Ended rounds that a new watcher is shown. */
const HISTORY = 500;

export interface TaskViews {
  liveTasks(): Promise<readonly LiveTask[]>;
  liveRounds(id: TaskId): Promise<readonly LiveRound[]>;
  /** What stands wrong with a task: as of its last round, of one that does not run here as it was stored last. */
  findings(id: TaskId): Promise<readonly FindingRecord[]>;
}

export function createTaskViews(store: Store, driverOf: (task: TaskId) => TaskDriver | undefined): TaskViews {
  return {
    async liveTasks() {
      const tasks = await store.listTasks();
      return Promise.all(
        tasks.map(async (task) => {
          const driver = driverOf(task.id);
          const { length: findings } = driver?.findings() ?? (await store.listFindings(task.id, { standing: true }));
          const wrong = findings === 0 ? {} : { findings };
          if (driver) return { ...driver.view(), ...wrong };
          const [last] = await store.listRounds(task.id, { limit: 1 });
          const resting = restingTask(task, await store.latestVersion(task.id), last?.round ?? 0, await store.totals(task.id), (await store.listLabels(task.id)).best ?? null);
          return { ...resting, ...wrong };
        }),
      );
    },
    async liveRounds(id) {
      const records = await store.listRounds(id, { limit: HISTORY });
      const ended = records.filter((record) => record.outcome !== 'running').reverse();
      return Promise.all(ended.map(async (record) => {
        if (record.version === null) return liveRound(record, null, null);
        const [version, base] = await Promise.all([store.getVersion(id, record.version), store.getVersion(id, record.baseVersion)]);
        return liveRound(record, version, base?.evaluation ?? null);
      }));
    },
    findings: async (id) => driverOf(id)?.findings() ?? store.listFindings(id, { standing: true }),
  };
}
