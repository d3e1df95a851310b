/** Schedules that a run of a million fault seeds found, each the smallest that showed its fault, on the code of then. */
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FEDERATIONS } from '../../simulations/faults/federation-kind.ts';
import { createRunner, type ScheduleRunner } from '../../simulations/faults/run-seeds.ts';
import { parseSchedule, type FaultSchedule } from '../../simulations/faults/schedule.ts';

const FOLDER = new URL('fault-schedules/', import.meta.url);

/** What went wrong, by the seed that showed it. */
const FOUND: Readonly<Record<string, string>> = {
  22251: 'without a barrier, one of two journals that could not be closed kept the other open, and the task could not be started again',
  52162: 'an accumulator whose only assignment had been withdrawn was journaled and answered with late, and counted after a crash',
  63700: 'a coordinator that had been taken over, and whose sync failed, cut off the records of its successor',
  541590: 'a journal that could not be read as a round was resumed stayed open, and the task could not be started again',
  544887: 'the same, with an edge out of reach',
  691992: 'no fault of the product: a report garbled into a huge one, from which nobody could train any more, was taken for a run that hangs',
};

describe('a schedule that once failed', () => {
  let runner: ScheduleRunner<FaultSchedule>;
  beforeAll(async () => {
    runner = await createRunner(FEDERATIONS);
  });
  afterAll(() => runner.close());

  it.each(Object.entries(FOUND))('%s: %s', async (seed) => {
    const schedule = parseSchedule(JSON.parse(await readFile(new URL(`faults-${seed}.json`, FOLDER), 'utf8')));
    expect((await runner.run(schedule)).violations).toEqual([]);
  });

  it('is told of', async () => {
    expect((await readdir(FOLDER)).map((name) => /\d+/.exec(name)?.[0]).sort()).toEqual(Object.keys(FOUND).sort());
  });
});
