import { describe, expect, it } from 'vitest';
import { parseConnectCase } from '../../simulations/benchmarks/connect/cases.ts';
import { connectBenchmark } from '../../simulations/benchmarks/connect/connect-bench.ts';
import { openAll } from '../../simulations/benchmarks/connect/load.ts';
import { mostOpenFiles, requireOpenFiles } from '../../simulations/benchmarks/connect/open-files.ts';
import { settledMemory } from '../../simulations/benchmarks/connect/settled-memory.ts';
import { idleTask } from '../../simulations/benchmarks/connect/task.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { thrownBy } from '../helpers/thrown.ts';

describe('a case of idle edges', () => {
  it('is their number', async () => {
    expect(['10k', '1k', '20', '25k'].map(parseConnectCase)).toEqual([{ edges: 10_000, warmUp: 500 }, { edges: 1000, warmUp: 250 }, { edges: 20, warmUp: 5 }, { edges: 25_000, warmUp: 500 }]);
    for (const wrong of ['', '0', '1', '10M', '26k', '1x1', '-5']) expect(await thrownBy(() => parseConnectCase(wrong))).toMatchObject({ code: 'bad_usage' });
    expect(connectBenchmark.cases.map(parseConnectCase)).toHaveLength(connectBenchmark.cases.length);
  });

  it('makes a task that wants one of them, and sends the others away for long', () => {
    const { round } = parseTaskSpec(idleTask());
    expect(round).toMatchObject({ goal: 1, minimum: 1, overSelection: 1 });
    expect(Math.min(round.comeBackSeconds / 2, round.reportingSeconds)).toBeGreaterThan(connectBenchmark.caseSeconds);
  });

  it('is refused where the system allows too few open files, with what to do', async () => {
    expect(mostOpenFiles()).toBeGreaterThan(0);
    expect(() => requireOpenFiles(10_000, 10_100)).not.toThrow();
    expect(() => requireOpenFiles(10_000, null)).not.toThrow();
    expect(await thrownBy(() => requireOpenFiles(10_000, 1024))).toMatchObject({ code: 'bad_config', message: expect.stringContaining('ulimit -n 10100') as string });
  });
});

describe('connecting', () => {
  it('keeps so many under way, and no more, until all are through', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const done = openAll([1, 2, 3, 4, 5, 6, 7], () => new Promise((resolve) => (most = Math.max(most, waiting.push(resolve)))), 3);
    expect(waiting).toHaveLength(3);
    for (let opened = 0; opened < 7; opened++) {
      waiting.shift()?.();
      await new Promise(setImmediate);
      expect(waiting).toHaveLength(Math.min(3, 6 - opened));
    }
    await done;
    expect(most).toBe(3);
  });

  it('fails with the first that fails', async () => {
    await expect(openAll([1, 2, 3], (n) => (n === 2 ? Promise.reject(new TypeError('refused')) : Promise.resolve()), 2)).rejects.toThrow('refused');
  });
});

it('settled memory shows what is held, and nothing that was let go', async () => {
  const before = await settledMemory();
  let held: unknown[] | null = Array.from({ length: 100_000 }, (_, i) => ({ i }));
  const during = await settledMemory();
  expect(held).toHaveLength(100_000);
  held = null;
  const after = await settledMemory();
  // An object of one field takes 16 bytes at the least, and 8 for the reference to it.
  expect(during.heap - before.heap).toBeGreaterThan(2_400_000);
  expect(after.heap - before.heap).toBeLessThan(500_000);
});
