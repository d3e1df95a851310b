/** The simulator: real coordinator, sessions and training. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRecord } from '../../simulations/run/read-record.ts';
import type { RecordLine, RoundLine } from '../../simulations/run/record.ts';
import { openRunFolder } from '../../simulations/run/run-folder.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseScenario, type Scenario } from '../../simulations/scenario/scenario.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { smallScenario } from '../helpers/small-scenario.ts';
import { thrownBy } from '../helpers/thrown.ts';

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-simulate-'));
  folders.push(folder);
  return folder;
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** What a run wrote, but for real time. */
const told = (lines: readonly RecordLine[]): unknown[] => lines.map((line) => ('wallMs' in line ? { ...line, wallMs: 0 } : 'wallSeconds' in line ? { ...line, wallSeconds: 0 } : line));

async function run(scenario: Scenario, options: { readonly seed?: number; readonly workers?: number } = {}): Promise<RecordLine[]> {
  const lines: RecordLine[] = [];
  await simulate(scenario, { seed: options.seed ?? 1, workers: options.workers ?? 1, onLine: (line) => lines.push(line) });
  return lines;
}

async function simulateToEnd(path: string, scenario: Scenario): Promise<void> {
  const folder = await openRunFolder(path, { scenario, seed: 1, fresh: false });
  await simulate(scenario, { seed: 1, workers: 1, folder: folder.state, before: folder.before?.rounds ?? [], onLine: (line) => folder.append(line) }).finally(() => folder.close());
}

describe('a simulation', () => {
  it('gives the same lines, to the digest, with 1, 2 and 4 workers; another seed gives others', async () => {
    // Dropout and a partition that is drawn: whatever is random must hang on the seed alone.
    const scenario = parseScenario(smallScenario());
    const [one, two, four] = [await run(scenario, { workers: 1 }), await run(scenario, { workers: 2 }), await run(scenario, { workers: 4 })];
    expect(told(two)).toEqual(told(one));
    expect(told(four)).toEqual(told(one));
    const result = one.at(-1);
    expect(result).toMatchObject({ type: 'result', rounds: 5, scenario: 'small', seed: 1 });
    const other = (await run(scenario, { seed: 2 })).at(-1);
    expect(result?.type === 'result' && other?.type === 'result' && other.digest !== result.digest).toBe(true);
  });

  it('learns, and writes down who took part', async () => {
    const lines = await run(parseScenario(smallScenario({ rounds: 12 })));
    const rounds = lines.filter((line): line is RoundLine => line.type === 'round');
    expect(rounds).toHaveLength(12);
    // Four classes: one in four is chance.
    expect(rounds.at(-1)?.accuracy).toBeGreaterThan(0.8);
    for (const round of rounds) {
      expect(round).toMatchObject({ outcome: 'committed', selected: 6, reported: 6 });
      expect([...round.reportedEdges].sort()).toEqual([...round.selectedEdges].sort());
      expect(new Set(round.selectedEdges).size).toBe(6);
    }
    expect(rounds.every((round, i) => i === 0 || round.virtualMs > rounds[i - 1].virtualMs)).toBe(true);
  });

  it('ends at its target, and goes on where it is told to', async () => {
    const scenario = parseScenario(smallScenario({ rounds: 8, target: 0.3 }));
    const ended = (await run(scenario)).at(-1);
    expect(ended?.type === 'result' && ended.rounds).toBeLessThan(8);
    expect(ended?.type === 'result' && ended.roundsToTarget).toBeGreaterThan(0);
    const lines: RecordLine[] = [];
    const full = await simulate(scenario, { seed: 1, workers: 1, full: true, onLine: (line) => lines.push(line) });
    expect(full.rounds).toBe(8);
    expect(full.roundsToTarget).toBe(ended?.type === 'result' ? ended.roundsToTarget : null);
  });

  it('that is interrupted loses the round under way at most, and goes on from its folder', async () => {
    const path = await newFolder();
    const scenario = parseScenario(smallScenario());
    const stopper = new AbortController();
    const first = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    const interrupted = await thrownBy(() =>
      simulate(scenario, {
        seed: 1, workers: 1, folder: first.state, signal: stopper.signal,
        onLine(line) {
          first.append(line);
          if (line.type === 'round' && line.round === 3) stopper.abort();
        },
      }),
    );
    await first.close();
    expect(interrupted).toMatchObject({ code: 'aborted' });
    const second = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    expect(second.before?.rounds.map(({ round }) => round)).toEqual([1, 2, 3]);
    const result = await simulate(scenario, { seed: 1, workers: 1, folder: second.state, before: second.before?.rounds ?? [], onLine: (line) => second.append(line) });
    await second.close();
    const record = await readRecord(path);
    expect(record.result).toMatchObject({ rounds: result.rounds, digest: result.digest });
    expect(record.rounds.filter(({ outcome }) => outcome === 'committed').map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    // The round under way goes on: no version is made twice, no round is given up.
    expect(record.rounds.every(({ outcome }) => outcome === 'committed')).toBe(true);
  });

  it('is refused in a folder in which another one runs, or lies unfinished', async () => {
    const path = await newFolder();
    const scenario = parseScenario(smallScenario());
    const open = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    expect(await thrownBy(() => openRunFolder(path, { scenario, seed: 1, fresh: false }))).toMatchObject({ code: 'conflict', message: expect.stringContaining(`process ${process.pid}`) as unknown });
    open.append({ type: 'run', scenario: 'small', description: '', seed: 1, task: 'small', target: null, deviceClasses: ['uniform'], edges: [] });
    await open.close();
    expect(await thrownBy(() => openRunFolder(path, { scenario, seed: 2, fresh: false }))).toMatchObject({ code: 'conflict', message: expect.stringContaining('--fresh') as unknown });
    await (await openRunFolder(path, { scenario, seed: 2, fresh: true })).close();
  });

  it('leaves no timer behind and needs no training where none is asked for', async () => {
    const clocks: VirtualClock[] = [];
    const lines: RecordLine[] = [];
    const createClock = (start?: number): VirtualClock => {
      clocks.push(createVirtualClock(start));
      return clocks[0];
    };
    await simulate(parseScenario(smallScenario({ training: { kind: 'trivial', parameters: 50 }, data: null, rounds: 3 })), { seed: 1, workers: 1, createClock, onLine: (line) => lines.push(line) });
    expect(lines.filter(({ type }) => type === 'round')).toHaveLength(3);
    expect(clocks.map(({ pending }) => pending)).toEqual([0]);
  });

  it('evaluates by the version’s own number, also after a resume, and the last one in any case', async () => {
    const scenario = parseScenario(smallScenario({ rounds: 5, server: { evaluateEvery: 2 } }));
    const evaluated = (rounds: readonly RoundLine[]): (number | null)[] => rounds.filter(({ accuracy }) => accuracy !== null).map(({ version }) => version);
    const path = await newFolder();
    const stopper = new AbortController();
    const first = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    await thrownBy(() =>
      simulate(scenario, {
        seed: 1, workers: 1, folder: first.state, signal: stopper.signal,
        onLine(line) {
          first.append(line);
          if (line.type === 'round' && line.round === 1) stopper.abort();
        },
      }),
    );
    await first.close();
    const second = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    await simulate(scenario, { seed: 1, workers: 1, folder: second.state, before: second.before?.rounds ?? [], onLine: (line) => second.append(line) });
    await second.close();
    expect(evaluated((await readRecord(path)).rounds)).toEqual([2, 4, 5]);
  });

  it('forgets old versions, also those of before a resume', async () => {
    const scenario = parseScenario(smallScenario({ training: { kind: 'trivial', parameters: 5 }, data: null, rounds: 8, server: { keepVersions: 2 } }));
    const weightsLeft = async (interruptedAfter: number | null): Promise<number> => {
      const path = await newFolder();
      const stopper = new AbortController();
      const goOn = async (): Promise<void> => {
        const folder = await openRunFolder(path, { scenario, seed: 1, fresh: false });
        await simulate(scenario, {
          seed: 1, workers: 1, folder: folder.state, before: folder.before?.rounds ?? [], signal: stopper.signal,
          onLine(line) {
            folder.append(line);
            if (line.type === 'round' && line.round === interruptedAfter) stopper.abort();
          },
        }).finally(() => folder.close());
      };
      if (interruptedAfter !== null) expect(await thrownBy(goOn)).toMatchObject({ code: 'aborted' });
      await simulateToEnd(path, scenario);
      return (await readdir(join(path, 'state', 'blobs'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
    };
    const whole = await weightsLeft(null);
    expect(await weightsLeft(5)).toBe(whole);
  });

  it('keeps what lay in its folder: an ended run is set aside, what is no run is let alone', async () => {
    const path = await newFolder();
    const scenario = parseScenario(smallScenario({ training: { kind: 'trivial', parameters: 5 }, data: null, rounds: 1 }));
    for (let time = 0; time < 2; time++) {
      const folder = await openRunFolder(path, { scenario, seed: 1, fresh: false });
      expect(folder.aside).toBe(time === 0 ? null : `${path}~1`);
      await simulate(scenario, { seed: 1, workers: 1, folder: folder.state, onLine: (line) => folder.append(line) });
      await folder.close();
    }
    folders.push(`${path}~1`);
    expect((await readRecord(`${path}~1`)).result?.digest).toBe((await readRecord(path)).result?.digest);
    const other = await newFolder();
    await mkdir(join(other, 'state'));
    expect(await thrownBy(() => openRunFolder(other, { scenario, seed: 1, fresh: true }))).toMatchObject({ code: 'conflict', message: expect.stringContaining('something else') as unknown });
  });

  it('that can never commit a round ends, and says why', async () => {
    const hopeless = parseScenario(smallScenario({ training: { kind: 'trivial', parameters: 5 }, data: null, hours: 2 }, { selection: { criteria: { battery: { atLeast: 0.5 }, network: { allow: ['cellular'] } } } }));
    expect(await thrownBy(() => run(hopeless))).toMatchObject({ code: 'unavailable', message: expect.stringContaining('2 virtual hours passed') as unknown });
  });
});

describe('a scenario', () => {
  it('is what the documentation says', async () => {
    const page = await readFile(new URL('../../docs/simulations.md', import.meta.url), 'utf8');
    const [, block] = /```json scenario\n([\s\S]*?)```/.exec(page) ?? [];
    expect(parseScenario(JSON.parse(block))).toMatchObject({ name: 'skewed-digits', training: { kind: 'real' }, server: { evaluateEvery: 1, keepVersions: 2 }, task: { stop: { rounds: 50, accuracy: 0.9 } } });
  });

  it('is refused with the path of each wrong field', async () => {
    const wrong = { ...smallScenario(), edges: 0, task: { ...smallScenario().task, round: { goal: 0 }, algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 'fast' } }, data: { dataset: { name: 'blobs', features: 0 }, partition: { name: 'dirichlet' } }, speed: 'warp' };
    const thrown = await thrownBy(async () => parseScenario(wrong));
    expect(thrown).toMatchObject({ code: 'bad_config' });
    const paths = ((thrown as { details: { path: string }[] }).details).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['edges', 'speed', 'data.dataset.features', 'data.partition.alpha', 'task.round.goal', 'task.algorithm.learningRate']));
  });

  it('says itself when it ends, and needs data to train on', async () => {
    const misfit = await thrownBy(async () => parseScenario({ ...smallScenario(), edges: 5, data: { dataset: { name: 'mnist' }, partition: { name: 'iid' } } }));
    expect(((misfit as { details: { path: string }[] }).details).map(({ path }) => path)).toEqual(['edges', 'task.data']);
    const unlabelled = await thrownBy(async () => parseScenario(smallScenario({ training: { kind: 'trivial', parameters: 5 }, data: null }, { selection: { criteria: { labels: { classes: 2 } } } })));
    expect(((unlabelled as { details: { path: string }[] }).details).map(({ path }) => path)).toEqual(['task.selection']);
    const thrown = await thrownBy(async () => parseScenario({ ...smallScenario(), data: null, task: { ...smallScenario().task, stop: { rounds: 3 } } }));
    expect(((thrown as { details: { path: string }[] }).details).map(({ path }) => path)).toEqual(['task.stop', 'data']);
  });
});
