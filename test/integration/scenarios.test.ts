/** The scenarios that have names: all are complete, and those about selection draw as they say. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { ParticipationRecord } from '../../server/storage/store.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { RecordLine, RoundLine } from '../../simulations/run/record.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { findScenario } from '../../simulations/scenario/find-scenario.ts';
import { parseAnyScenario } from '../../simulations/scenario/gossip-scenario.ts';
import type { ScenarioInput } from '../../simulations/scenario/scenario.ts';
import { SCENARIOS } from '../../simulations/scenarios/registry.ts';
import type { Settings } from '../../simulations/sweep/expand-sweep.ts';

const folders: string[] = [];

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** With training that learns nothing and, by default, sixty edges: tiers of twelve. */
async function run(name: string, settings: Settings = {}): Promise<{ readonly rounds: readonly RoundLine[]; readonly drawn: readonly (readonly ParticipationRecord[])[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-scenario-'));
  folders.push(folder);
  const scenario = await findScenario(name, { edges: 60, rounds: 4, target: null, training: { kind: 'trivial', parameters: 20_000 }, ...settings });
  const lines: RecordLine[] = [];
  await simulate(scenario, { seed: 1, workers: 1, folder, onLine: (line) => lines.push(line) });
  const rounds = lines.filter((line): line is RoundLine => line.type === 'round');
  const store = await openSqliteStore(join(folder, 'murmuration.db'));
  const drawn: ParticipationRecord[][] = [];
  for (const { round } of rounds) drawn.push((await store.listParticipations(asTaskId(name), round)).filter(({ facts }) => facts?.failed === undefined));
  await store.close();
  return { rounds, drawn };
}

const chosenOf = (all: readonly ParticipationRecord[]): readonly ParticipationRecord[] => all.filter(({ assignment }) => assignment !== null);
/** In the first round those who came first are all that there are. */
const sizes = (drawn: readonly (readonly ParticipationRecord[])[]): number[] => drawn.map((all) => chosenOf(all).length);

describe('scenarios', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s is complete, and plain data', (_name, scenario) => {
    const parsed = parseAnyScenario(scenario);
    expect(parseAnyScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(parsed);
    expect(parsed.description.length).toBeGreaterThan(20);
  });

  it('have names of their own', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  });

  it('about selection differ in their selection and over-selection alone', () => {
    const rest = SCENARIOS.filter((scenario): scenario is ScenarioInput => scenario.name.startsWith('selection-')).map(({ name: _name, description: _description, task: { selection: _selection, round, ...task }, ...others }) => ({ ...others, task, round: { ...round, overSelection: 0 } }));
    expect(rest).toHaveLength(4);
    for (const one of rest) expect(one).toEqual(rest[0]);
  });
});

describe('a round', () => {
  it('of selection-uniform asks 13 of all alike, and ends with 10', async () => {
    const { rounds, drawn } = await run('selection-uniform');
    expect(sizes(drawn)).toEqual([13, 13, 13, 13]);
    for (const { outcome, reported } of rounds) expect([outcome, reported]).toEqual(['committed', 10]);
    for (const all of drawn.slice(1)) {
      expect(all.length).toBeGreaterThan(40);
      for (const { facts } of all) expect(facts).toEqual({ probability: 13 / all.length });
    }
  });

  it('of selection-oort explores first, and comes back to the useful', async () => {
    const { drawn } = await run('selection-oort');
    const explored = drawn.map((all) => chosenOf(all).filter(({ facts }) => facts?.part === 'untried').length);
    // All are new at first; then ⌊0.9 · 0.98^k · 13⌋.
    expect(explored).toEqual([13, 11, 11, 11]);
    expect(sizes(drawn)).toEqual([13, 13, 13, 13]);
    // Three of the 13 were cut off in the first round: they were tried, too.
    expect(drawn[1].filter(({ facts }) => facts?.part === 'tried')).toHaveLength(13);
  });

  it('of selection-power-of-choice asks the 10 of 20 whose last loss is highest', async () => {
    const { rounds, drawn } = await run('selection-power-of-choice');
    for (const all of drawn.slice(1)) {
      expect(all.filter(({ facts }) => (facts?.scores?.powerOfChoice ?? 0) > 0)).toHaveLength(20);
      const [asked, left] = [chosenOf(all), all.filter(({ assignment }) => assignment === null)].map((some) => some.map(({ facts }) => facts?.score ?? NaN));
      expect(asked).toHaveLength(10);
      expect(Math.min(...asked)).toBeGreaterThanOrEqual(Math.max(...left));
    }
    for (const { reported } of rounds) expect(reported).toBe(10);
  });

  it('of selection-tifl asks edges of one tier of five', async () => {
    const { drawn } = await run('selection-tifl');
    for (const all of drawn.slice(1)) {
      expect([1, 2, 3, 4, 5].map((tier) => all.filter(({ facts }) => facts?.tier === tier).length)).toEqual([12, 12, 12, 12, 12]);
      expect(new Set(chosenOf(all).map(({ facts }) => facts?.tier)).size).toBe(1);
      expect(chosenOf(all)).toHaveLength(10);
    }
  });

  it('of phones-by-day asks nobody who is not charging, on wifi and left alone', async () => {
    const { rounds } = await run('phones-by-day', { edges: 300, rounds: 3, 'task.round.goal': 3, 'task.round.minimum': 1 });
    expect(rounds).toHaveLength(3);
    const reasons = new Set(rounds.flatMap((round) => Object.keys(round.reasons)));
    for (const reason of ['charging', 'network', 'idle']) expect(reasons).toContain(reason);
  });
});

describe('a scenario from a file', () => {
  it('finds the traces that lie beside it, and its fleet lives by them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-scenario-'));
    folders.push(folder);
    const uniform = SCENARIOS.find(({ name }) => name === 'selection-uniform');
    await writeFile(join(folder, 'devices.csv'), 'device,class,steps_per_second\na,phone-low,7\nb,phone-high,7\n');
    // Away until virtual second 100.
    await writeFile(join(folder, 'availability.csv'), 'device,start_s,end_s\na,100,5000\nb,100,5000\n');
    const round = { goal: 2, minimum: 2, overSelection: 1 };
    const document = { ...uniform, name: 'traced', edges: 4, rounds: 1, target: null, training: { kind: 'trivial', parameters: 10 }, task: { ...uniform?.task, round } };
    await writeFile(join(folder, 'traced.json'), JSON.stringify({ ...document, fleet: { preset: 'phones', traces: { devices: 'devices.csv', availability: 'availability.csv' } } }));
    const lines: RecordLine[] = [];
    await simulate(await findScenario(join(folder, 'traced.json')), { seed: 1, workers: 1, onLine: (line) => lines.push(line) });
    const [first, line] = lines;
    // Two traces for four devices: they are taken again, from the first.
    expect(first.type === 'run' && first.edges.map(({ deviceClass }) => first.deviceClasses[deviceClass])).toEqual(['phone-low', 'phone-high', 'phone-low', 'phone-high']);
    expect(line.type === 'round' && line.virtualMs).toBeGreaterThan(100_000);
    expect(line.type === 'round' && line.virtualMs).toBeLessThan(200_000);
  });
});
