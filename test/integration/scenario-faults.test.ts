/** Scenarios in which things break: fleets of real sessions and training, the faults of the fault seeds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROUND_POINTS } from '../../server/coordinator/points.ts';
import type { RecordLine, RoundLine } from '../../simulations/run/record.ts';
import { openRunFolder } from '../../simulations/run/run-folder.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseScenario, type Scenario, type ScenarioInput } from '../../simulations/scenario/scenario.ts';
import { smallScenario } from '../helpers/small-scenario.ts';
import { thrownBy } from '../helpers/thrown.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const roundsOf = (lines: readonly RecordLine[]): RoundLine[] => lines.filter((line): line is RoundLine => line.type === 'round');

async function run(scenario: Scenario, workers = 1): Promise<RecordLine[]> {
  const lines: RecordLine[] = [];
  await simulate(scenario, { seed: 1, workers, onLine: (line) => lines.push(line) });
  return lines;
}

/** How often what struck in a whole run. */
function strikesOf(lines: readonly RecordLine[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { faults } of roundsOf(lines)) for (const [name, times] of Object.entries(faults ?? {})) all[name] = (all[name] ?? 0) + times;
  return all;
}

/** Nobody learns, many break. */
const trivial = (faults: ScenarioInput['faults'], rounds = 30): Scenario => parseScenario(smallScenario({ training: { kind: 'trivial', parameters: 1000, examples: 100_000 }, edges: 20, rounds, faults }));

/** Rounds take seconds, so that what happens by the hour has to happen often. */
const EVERYTHING: ScenarioInput['faults'] = {
  messages: { drop: 0.01, duplicate: 0.02, delay: 0.02, corrupt: 0.01, cut: 0.005, lateSeconds: 2 },
  edges: { crashesPerHour: 20, downSeconds: 2, cutsPerHour: 20, clockSeconds: 3600, clockDrift: 0.01 },
  coordinator: { crashesPerHour: 120, downSeconds: 2, clockSeconds: -86_400 },
  disk: { failuresPerHour: 60, fullPerHour: 20, fullSeconds: 3 },
};

describe('a scenario with faults', () => {
  it('ends all its rounds while everything breaks, in the same way each time', async () => {
    const lines = await run(trivial(EVERYTHING));
    const rounds = roundsOf(lines);
    expect(rounds.filter(({ outcome }) => outcome === 'committed')).toHaveLength(30);
    expect(rounds.map(({ round }) => round)).toEqual(rounds.map((_, index) => index + 1));
    expect(rounds.every(({ virtualMs }, index) => index === 0 || virtualMs >= rounds[index - 1].virtualMs)).toBe(true);
    const strikes = strikesOf(lines);
    for (const name of ['message drop', 'message duplicate', 'message delay', 'message corrupt', 'message cut', 'edge crash', 'edge cut off', 'disk failure', 'disk full']) expect(strikes[name], name).toBeGreaterThan(0);
    expect(Object.keys(strikes).some((name) => name.startsWith('coordinator power cut'))).toBe(true);
    expect(Object.keys(strikes).some((name) => name.startsWith('coordinator killed'))).toBe(true);
    const again = await run(trivial(EVERYTHING));
    expect(again.at(-1)).toMatchObject({ digest: (lines.at(-1) as { digest: string }).digest });
    expect(strikesOf(again)).toEqual(strikes);
  });

  it('learns what it would have learned, with the same lines on one worker and on two', async () => {
    const scenario = parseScenario(smallScenario({ rounds: 12, faults: EVERYTHING }));
    const [one, two] = [await run(scenario, 1), await run(scenario, 2)];
    const told = (lines: readonly RecordLine[]): unknown[] => roundsOf(lines).map((line) => ({ ...line, wallMs: 0 }));
    expect(told(two)).toEqual(told(one));
    // Four classes: one in four is chance.
    expect(roundsOf(one).findLast(({ accuracy }) => accuracy !== null)?.accuracy).toBeGreaterThan(0.8);
    expect(Object.keys(strikesOf(one)).length).toBeGreaterThan(5);
  });

  it('brings single faults about when they are due, at points of a round, too', async () => {
    const events: NonNullable<ScenarioInput['faults']>['events'] = [
      { kind: 'crash', power: true, atMs: 0, when: 'point', point: 'checkpoint-stored', nth: 2, downMs: 1000 },
      { kind: 'crash', power: false, atMs: 2500, downMs: 500 },
      { kind: 'message', edge: 3, type: 'checkIn', leg: 'request', nth: 1, fate: 'drop', ms: 0 },
      { kind: 'message', edge: 4, type: 'checkpoint', leg: 'reply', nth: 1, fate: 'corrupt', ms: 0 },
      { kind: 'disk', atMs: 0, step: 'sync', nth: 5, code: 'EIO' },
      { kind: 'disk-full', atMs: 4000, bytes: 10, forMs: 500 },
      { kind: 'edge-crash', edge: 5, atMs: 1000, downMs: 1000 },
      { kind: 'vanish', edge: 6, atMs: 1000, forMs: 2000 },
      { kind: 'cut-link', edge: 7, atMs: 1000 },
      { kind: 'skew', edge: null, offsetMs: 86_400_000, drift: 0.01 },
      { kind: 'set-clock', atMs: 3000, byMs: 3_600_000 },
    ];
    const lines = await run(trivial({ events }, 40));
    expect(roundsOf(lines).filter(({ outcome }) => outcome === 'committed')).toHaveLength(40);
    expect(strikesOf(lines)).toMatchObject({
      'coordinator power cut in updating': 1, 'message drop': 1, 'message corrupt': 1, 'disk failure': 1, 'disk full': 1, 'edge crash': 1, 'edge out of reach': 1, 'edge cut off': 1, 'clock set': 1,
    });
    expect(Object.keys(strikesOf(lines)).filter((name) => name.startsWith('coordinator killed'))).toHaveLength(1);
  });

  it('breaks nothing before and after its hours', async () => {
    const lines = await run(trivial({ messages: { drop: 0.2 }, fromHours: 2 / 3600, untilHours: 4 / 3600 }));
    const during = roundsOf(lines).filter(({ faults }) => Object.keys(faults ?? {}).length > 0);
    expect(during.length).toBeGreaterThan(0);
    for (const { virtualMs } of during) expect(virtualMs).toBeGreaterThan(2000);
    expect(roundsOf(lines).at(-1)?.faults).toEqual({});
    expect(roundsOf(lines)[0].faults).toEqual({});
  });

  it('that is interrupted goes on from its folder, on a disk that forgets as before', async () => {
    const path = await mkdtemp(join(tmpdir(), 'murmuration-faults-'));
    folders.push(path);
    const scenario = trivial({ ...EVERYTHING, messages: {}, coordinator: { crashesPerHour: 20_000, downSeconds: 0.1 } }, 40);
    const stopper = new AbortController();
    const first = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    let told = 0;
    await expect(
      simulate(scenario, {
        seed: 1, workers: 1, folder: first.state, signal: stopper.signal,
        onLine(line) {
          first.append(line);
          if (line.type === 'round' && ++told === 15) stopper.abort();
        },
      }).finally(() => first.close()),
    ).rejects.toMatchObject({ code: 'aborted' });

    const second = await openRunFolder(path, { scenario, seed: 1, fresh: false });
    const before = second.before?.rounds ?? [];
    expect(before.length).toBeGreaterThanOrEqual(15);
    const lines: RecordLine[] = [];
    await simulate(scenario, { seed: 1, workers: 1, folder: second.state, before, onLine: (line) => lines.push(line) }).finally(() => second.close());
    const all = [...before, ...roundsOf(lines)];
    expect(all.map(({ round }) => round)).toEqual(all.map((_, index) => index + 1));
    expect(all.filter(({ outcome }) => outcome === 'committed')).toHaveLength(40);
    expect(Object.keys(strikesOf(lines)).some((name) => name.startsWith('coordinator'))).toBe(true);
  });

  it.each(ROUND_POINTS)('ends in order when the power goes out at %s, and tells of every round', async (point) => {
    const lines = await run(trivial({ events: [{ kind: 'crash', power: true, atMs: 1000, when: 'point', point, nth: 1, downMs: 300 }] }, 30));
    expect(lines.at(-1)?.type).toBe('result');
    expect(Object.keys(strikesOf(lines))).toHaveLength(1);
    expect(roundsOf(lines).map(({ round }) => round)).toEqual(roundsOf(lines).map((_, index) => index + 1));
  });

  it.each(['remove', 'close', 'syncFolder'] as const)('tells of a round whose journal could not be ended: %s fails', async (step) => {
    for (const nth of [1, 2, 4, 5]) {
      const lines = await run(trivial({ events: [{ kind: 'disk', step, atMs: 500, nth, code: 'EIO' }] }, 15));
      expect(roundsOf(lines).map(({ round }) => round)).toEqual(roundsOf(lines).map((_, index) => index + 1));
      expect(roundsOf(lines).filter(({ outcome }) => outcome === 'committed')).toHaveLength(15);
    }
  });

  it('writes a record that can be read, whatever its clocks do', async () => {
    for (const faults of [{ events: [{ kind: 'set-clock', atMs: 1000, byMs: -3_600_000 }] }, { coordinator: { clockDrift: 0.3, crashesPerHour: 5000, downSeconds: 0.1 } }] satisfies ScenarioInput['faults'][]) {
      for (const { phaseMs } of roundsOf(await run(trivial(faults)))) for (const ms of Object.values(phaseMs)) expect(ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('starts a task again that its disk stopped once for each time, however often that fails', async () => {
    const events = Array.from({ length: 40 }, () => ({ kind: 'disk', step: 'read', atMs: 500, nth: 1, code: 'EIO' }) as const);
    const lines = await run(trivial({ events: [{ kind: 'disk', step: 'remove', atMs: 500, nth: 1, code: 'EIO' }, ...events] }, 15));
    const { 'task started again': starts, 'disk failure': failures } = strikesOf(lines);
    expect(starts).toBeGreaterThan(1);
    expect(starts).toBeLessThanOrEqual(failures);
  });

  it('is refused where it cannot be, with the path of each wrong field', async () => {
    const thrown = await thrownBy(() =>
      parseScenario(
        smallScenario({
          faults: {
            messages: { drop: 0.6, delay: 0.6 },
            fromHours: 2, untilHours: 1,
            events: [{ kind: 'edge-crash', edge: 20, atMs: 0, downMs: 1 }, { kind: 'message', edge: 0, type: 'chekIn', leg: 'request', nth: 1, fate: 'drop', ms: 0 }, { kind: 'crash', power: true, atMs: 0, when: 'point', downMs: 1 }],
          },
        }),
      ),
    );
    expect(thrown).toMatchObject({ code: 'bad_config', details: [{ path: 'faults.messages' }, { path: 'faults.untilHours' }, { path: 'faults.events.0.edge' }, { path: 'faults.events.1.type' }, { path: 'faults.events.2.point' }] });
    expect(await thrownBy(() => parseScenario({ ...smallScenario(), faults: { messages: { lose: 0.1 }, edges: { crashesPerHour: -1 } } }))).toMatchObject({ details: [{ path: 'faults.messages.lose' }, { path: 'faults.edges.crashesPerHour' }] });
  });
});
