/** Federations as what fault seeds break. */
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { drawSchedule } from './draw-schedule.ts';
import type { FaultKind } from './fault-kind.ts';
import { runSchedule } from './federation.ts';
import { parseSchedule, type FaultSchedule } from './schedule.ts';
import { plainerFaults, smallerFederations } from './smaller-federation.ts';

export const FEDERATIONS: FaultKind<FaultSchedule> = {
  command: 'murmur simulate --faults',
  files: 'faults',
  draw: drawSchedule,
  parse: parseSchedule,
  /** One store serves all runs: to prepare its statements takes longer than many runs do. */
  async open() {
    const store = await openSqliteStore(':memory:');
    return {
      async run(schedule, options) {
        try {
          return await runSchedule(schedule, { store, ...options });
        } finally {
          await store.empty();
        }
      },
      close: () => store.close(),
    };
  },
  withFaults: (schedule, faults) => ({ ...schedule, faults }),
  smallerWorlds: smallerFederations,
  plainerFaults,
};
