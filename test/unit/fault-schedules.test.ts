import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFaultSeeds, replayCommand, runFaultCommand } from '../../simulations/faults/command.ts';
import { FEDERATIONS } from '../../simulations/faults/federation-kind.ts';
import { drawSchedule } from '../../simulations/faults/draw-schedule.ts';
import { createRunner, runFaultSeeds, type ScheduleRunner } from '../../simulations/faults/run-seeds.ts';
import { parseSchedule, type FaultSchedule } from '../../simulations/faults/schedule.ts';
import { shrinkSchedule } from '../../simulations/faults/shrink.ts';
import { hashTrace } from '../../simulations/faults/trace.ts';
import { thrownBy } from '../helpers/thrown.ts';

let runner: ScheduleRunner<FaultSchedule>;
beforeAll(async () => {
  runner = await createRunner(FEDERATIONS);
});
afterAll(() => runner.close());

describe('a schedule of faults', () => {
  it('is the same whenever it is drawn, and comes back from JSON as it was', () => {
    for (let seed = 0; seed < 200; seed++) {
      const schedule = drawSchedule(seed);
      expect(drawSchedule(seed)).toEqual(schedule);
      expect(parseSchedule(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
    }
  });

  it('is refused with the path of each wrong field', async () => {
    const { world, ...rest } = drawSchedule(1);
    const error = await thrownBy(async () => parseSchedule({ ...rest, world: { ...world, edges: 0 }, faults: [{ kind: 'crash', power: true, atMs: 1, when: 'instant', downMs: -1 }] }));
    expect(error.code).toBe('bad_config');
    expect((error.details as { path: string }[]).map(({ path }) => path).sort()).toEqual(['faults.0.downMs', 'world.edges']);
  });

  it('makes the same run each time, to the last message and the last step of the disk', async () => {
    const traced = async (schedule: FaultSchedule): Promise<string> => {
      const hash = hashTrace();
      await runner.run(schedule, hash.write);
      return hash.digest();
    };
    const digests = [];
    for (let seed = 0; seed < 8; seed++) {
      const digest = await traced(drawSchedule(seed));
      expect(await traced(drawSchedule(seed))).toBe(digest);
      digests.push(digest);
    }
    expect(new Set(digests).size).toBe(8);
  });
});

describe('a schedule that fails', () => {
  const with12 = (): FaultSchedule => {
    for (let seed = 0; ; seed++) {
      const schedule = drawSchedule(seed);
      if (schedule.faults.length === 12 && schedule.world.edges > 2 && schedule.faults.some(({ kind }) => kind === 'crash') && schedule.faults.some(({ kind }) => kind === 'message')) return schedule;
    }
  };

  it('shrinks to the faults that it takes, in the smallest world', async () => {
    let runs = 0;
    const fails = (schedule: FaultSchedule): Promise<boolean> => {
      runs++;
      const kinds = schedule.faults.map(({ kind }) => kind);
      return Promise.resolve(kinds.includes('crash') && kinds.includes('message'));
    };
    const small = await shrinkSchedule(FEDERATIONS, with12(), { fails });
    expect(small.faults.map(({ kind }) => kind).sort()).toEqual(['crash', 'message']);
    expect(small.world).toMatchObject({ goal: 1, minimum: 1, rounds: 1, overSelection: 1, chunkBytes: null, aggregated: 0 });
    expect(runs).toBeLessThan(200);
  });

  it('stays as it is where nothing smaller fails, and stops when it has been tried often enough', async () => {
    const schedule = with12();
    const whole = JSON.stringify(schedule);
    expect(await shrinkSchedule(FEDERATIONS, schedule, { fails: (one) => Promise.resolve(JSON.stringify(one) === whole) })).toEqual(schedule);
    let runs = 0;
    await shrinkSchedule(FEDERATIONS, schedule, { mostRuns: 7, fails: () => Promise.resolve(++runs < 0) });
    expect(runs).toBe(7);
  });
});

describe('fault seeds', () => {
  it('are run until they are asked to stop, and tell how far they are', async () => {
    const stop = new AbortController();
    const result = await runFaultSeeds(FEDERATIONS, { from: 0, to: 1_000_000, signal: stop.signal, onTrace: () => stop.abort() });
    expect(result).toMatchObject({ seeds: 1, violations: 0, failed: [] });
  });

  it('are named by a range or a number', async () => {
    expect(parseFaultSeeds('7')).toEqual({ from: 7, to: 7 });
    expect(parseFaultSeeds('0..9999')).toEqual({ from: 0, to: 9999 });
    for (const wrong of ['', '5..4', '-1..2', 'a', '1...2', '1..']) expect((await thrownBy(async () => parseFaultSeeds(wrong))).code).toBe('bad_usage');
    expect(replayCommand(FEDERATIONS, 17)).toBe('murmur simulate --faults --seeds 17..17 --trace');
  });

  it('end with one line of figures', async () => {
    const results: object[] = [];
    const output = { note: () => undefined, event: () => undefined, result: (fields: object) => results.push(fields) };
    expect(await runFaultCommand(FEDERATIONS, { seeds: '0..4' }, output)).toBe(true);
    expect(results).toEqual([{ seeds: 5, violations: 0, seedsPerSecond: expect.any(Number) as number }]);
    expect((await thrownBy(() => runFaultCommand(FEDERATIONS, { schedule: '/nowhere/faults.json' }, output))).code).toBe('not_found');
  });
});
