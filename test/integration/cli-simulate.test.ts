/** `murmur simulate`, as another program calls it. */
import { readdir, readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMurmur } from '../../cli/main.ts';
import { smallScenario } from '../helpers/small-scenario.ts';

let folder = '';
let file = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-cli-simulate-'));
  file = join(folder, 'small.json');
  await writeFile(file, JSON.stringify(smallScenario({ rounds: 3, target: 0.3 })));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function murmur(...args: string[]): Promise<{ code: number; out: string; error: string; last: Record<string, unknown> }> {
  let [out, error] = ['', ''];
  const code = await runMurmur(args, { out: (text) => (out += text), error: (text) => (error += text) });
  const lines = out.trim().split('\n');
  let last: Record<string, unknown> = {};
  try {
    last = JSON.parse(lines[lines.length - 1]) as Record<string, unknown>;
  } catch {
    // Text for people.
  }
  return { code, out, error, last };
}

describe('murmur simulate', () => {
  it('ends with the result, one JSON object, and leaves the run in its folder', async () => {
    const out = join(folder, 'one');
    const { code, last } = await murmur('simulate', file, '--seed', '3', '--workers', '1', '--full', '--out', out, '--json');
    expect(code).toBe(0);
    expect(Object.keys(last)).toEqual(expect.arrayContaining(['scenario', 'seed', 'rounds', 'roundsToTarget', 'target', 'accuracy', 'loss', 'bytesUp', 'bytesDown', 'wallSeconds', 'digest']));
    expect(last).toMatchObject({ scenario: 'small', seed: 3, rounds: 3, target: 0.3 });
    expect(last.digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await readdir(out)).sort()).toEqual(['report.html', 'rounds.jsonl', 'scenario.json', 'state', 'tensorboard']);
    const page = await readFile(join(out, 'report.html'), 'utf8');
    expect(page).toContain('small');
    expect(page).not.toContain('Set for this run');
  });

  it('says in its report which settings were changed', async () => {
    const out = join(folder, 'changed');
    expect((await murmur('simulate', file, '--rounds', '1', '--set', 'edges=7', '--workers', '1', '--out', out)).code).toBe(0);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('Set for this run, whatever the description says: <b>edges = 7, rounds = 1</b>');
  });

  it('keeps nothing where it is told to, with the same digest', async () => {
    const kept = await murmur('simulate', file, '--seed', '3', '--workers', '1', '--full', '--out', join(folder, 'two'), '--json');
    const unkept = await murmur('simulate', file, '--seed', '3', '--workers', '2', '--full', '--no-keep', '--json');
    expect(unkept.last.digest).toBe(kept.last.digest);
  });

  it('runs a sweep into one table, and passes over what has ended', async () => {
    const sweep = ['simulate', file, '--rounds', '2', '--seeds', '1..2', '--sweep', 'task.algorithm.learningRate=0.05,0.1', '--workers', '1', '--out', join(folder, 'sweep')];
    const first = await murmur(...sweep, '--json');
    expect(first.code).toBe(0);
    const rows = first.last.rows as { settings: Record<string, number>; ended: number }[];
    expect(rows.map(({ settings, ended }) => [settings['task.algorithm.learningRate'], ended])).toEqual([[0.05, 2], [0.1, 2]]);
    const again = await murmur(...sweep);
    expect(again.out).toContain('4 runs, 4 of which had ended before');
    // The report tells its runs apart by what was set, and seeds by nothing else.
    const page = await readFile(join(folder, 'sweep', 'report.html'), 'utf8');
    expect(page).toContain('small with 2 settings');
    expect(page).toContain('small, rounds = 2, task.algorithm.learningRate = 0.05: mean of 2 seeds');
    expect(page).toContain('small, rounds = 2, task.algorithm.learningRate = 0.1: mean of 2 seeds');
    // What is begun anew is set aside, not erased.
    expect((await murmur(...sweep, '--fresh')).out).toContain('4 runs;');
    const runs = (await readdir(join(folder, 'sweep'), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(runs.filter((name) => name.endsWith('~1'))).toHaveLength(4);
    expect(runs).toHaveLength(8);
    expect(await readFile(join(folder, 'sweep', 'sweep.csv'), 'utf8')).toContain('task.algorithm.learningRate');
  });

  it('names every wrong field, and ends with 1; wrong usage with 2', async () => {
    const wrong = join(folder, 'wrong.json');
    await writeFile(wrong, JSON.stringify({ ...smallScenario(), edges: -1, fleet: { preset: 'spaceships' } }));
    const refused = await murmur('simulate', wrong);
    expect(refused.code).toBe(1);
    expect(refused.error).toContain('edges:');
    expect(refused.error).toContain('fleet.preset:');
    expect((await murmur('simulate', 'no-such-scenario')).error).toContain('`murmur simulate --list` lists those that have names');
    expect((await murmur('simulate', 'fedavg-2nn-idd')).error).toContain('did you mean fedavg-2nn-iid');
    const misspelt = await murmur('simulate', file, '--show', '--set', 'task.round.gaol=3', '--set', 'fleet.prest=phones', '--set', 'edgse=5', '--set', 'weather="fine"');
    expect(misspelt.code).toBe(1);
    for (const line of ['task.round.gaol: there is no such setting; did you mean goal?', 'fleet.prest: there is no such setting; did you mean preset?', 'edgse: there is no such setting; did you mean edges?', 'weather: there is no such setting']) expect(misspelt.error.split('\n').map((text) => text.trim())).toContain(line);
    const missing = await murmur('simulate', join(folder, 'not-there.json'));
    expect(missing.code).toBe(1);
    expect(missing.error).toContain('not-there.json cannot be read: there is no such file; `murmur simulate --list` lists');
    expect(missing.error).not.toContain('ENOENT');
    expect((await murmur('simulate')).code).toBe(2);
    const backwards = await murmur('simulate', file, '--seeds', '9..3');
    expect([backwards.code, backwards.error]).toEqual([2, expect.stringContaining('9..3 runs backwards')]);
    expect((await murmur('simulate', file, '--seed', 'x')).code).toBe(2);
    expect((await murmur('simulate', file, '--set', 'rounds')).code).toBe(2);
  });

  it('lists, shows and draws without running', async () => {
    expect((await murmur('simulate', '--list')).out).toContain('fedavg-cnn-noniid');
    expect((await murmur('simulate', file, '--show', '--json')).last).toMatchObject({ edges: 20, target: 0.3, task: { round: { goal: 6 } } });
    for (const what of ['partition', 'fleet']) {
      const svg = join(folder, `${what}.svg`);
      expect((await murmur('simulate', file, `--${what}`, svg)).code).toBe(0);
      expect(await readFile(svg, 'utf8')).toMatch(/^<svg/);
    }
  });

  it('breaks everything, and ends with the figures', async () => {
    const { code, last } = await murmur('simulate', '--faults', '--seeds', '0..9', '--json');
    expect(code).toBe(0);
    expect(Object.keys(last)).toEqual(['seeds', 'violations', 'seedsPerSecond']);
    expect(last).toMatchObject({ seeds: 10, violations: 0 });
    const backwards = await murmur('simulate', '--faults', '--seeds', '9..0');
    expect([backwards.code, backwards.error]).toEqual([2, expect.stringContaining('9..0 runs backwards; 0..9 is meant, perhaps')]);
    expect((await murmur('simulate', '--faults', '--schedule', join(folder, 'no-schedule.json'))).error).toContain('no-schedule.json cannot be read: there is no such file');
    expect((await murmur('simulate', 'fedavg-2nn-iid', '--faults', '--seeds', '1')).code).toBe(2);
    expect((await murmur('simulate', 'fedavg-2nn-iid', '--trace')).code).toBe(2);
  });
});
