/** Simulated peers that learn with nobody to coordinate them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildGraph } from '../../shared/topology/registry.ts';
import { agreementOf, roundsToShrink } from '../../shared/topology/spectral-gap.ts';
import { createRandom } from '../../shared/random.ts';
import { readRecord } from '../../simulations/run/read-record.ts';
import type { RecordLine, ResultLine, RoundLine } from '../../simulations/run/record.ts';
import { openRunFolder } from '../../simulations/run/run-folder.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { parseGossipScenario, type GossipScenario, type GossipScenarioInput } from '../../simulations/scenario/gossip-scenario.ts';
import { smallGossipScenario } from '../helpers/small-scenario.ts';
import { thrownBy } from '../helpers/thrown.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function run(scenario: GossipScenario, options: { readonly seed?: number; readonly workers?: number } = {}): Promise<{ readonly lines: readonly RecordLine[]; readonly rounds: readonly RoundLine[]; readonly result: ResultLine }> {
  const lines: RecordLine[] = [];
  const result = await simulate(scenario, { seed: options.seed ?? 1, workers: options.workers ?? 1, onLine: (line) => lines.push(line) });
  return { lines, rounds: lines.filter((line): line is RoundLine => line.type === 'round'), result };
}

/** What a run wrote, but for real time. */
const told = (lines: readonly RecordLine[]): unknown[] => lines.map((line) => ('wallMs' in line ? { ...line, wallMs: 0 } : 'wallSeconds' in line ? { ...line, wallSeconds: 0 } : line));

const wayOf = (name: string, more: object = {}): GossipScenario => parseGossipScenario(smallGossipScenario({}, { gossip: { way: { name, ...more }, topology: { name: 'ring' }, minimumPeers: 8, evaluateEvery: 0 } }));

/** Peers that learn nothing true, on a torus of 4 × 5, both halves of which are connected, and drift apart. */
const TORUS = { name: 'torus' } as const;
const trivial = (fields: Partial<GossipScenarioInput>): GossipScenario => parseGossipScenario(smallGossipScenario({ data: null, edges: 20, training: { kind: 'trivial', parameters: 50 }, ...fields }, { gossip: { topology: TORUS, minimumPeers: 20, evaluateEvery: 0 } }));
const AGREEMENT = agreementOf(buildGraph(TORUS, 20, createRandom(1)));

describe('a simulation in gossip mode', () => {
  it.each([['d-psgd'], ['push-sum'], ['epidemic'], ['choco'], ['group-average']])('by %s gives the same lines, to the digest of all models, with 1 and 4 workers', async (name) => {
    const scenario = wayOf(name);
    const one = await run(scenario, { workers: 1 });
    expect(told((await run(scenario, { workers: 4 })).lines)).toEqual(told(one.lines));
    expect(one.rounds.map(({ round, reported }) => [round, reported])).toEqual([1, 2, 3, 4, 5, 6].map((round) => [round, 8]));
    expect(one.result.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(one.result.gossip).toMatchObject({ peers: 8 });
    // Four classes: one in four is chance.
    expect(one.result.accuracy).toBeGreaterThan(0.6);
    expect((await run(scenario, { seed: 2 })).result.digest).not.toBe(one.result.digest);
  });

  it('writes down all peers after the last round, and ends at its target', async () => {
    const scenario = parseGossipScenario(smallGossipScenario({ evaluation: { everyRounds: 2, peers: 3, examples: 100 } }));
    const { rounds, result } = await run(scenario);
    expect(rounds.map(({ gossip }) => gossip?.judged)).toEqual([0, 3, 0, 3, 0, 8]);
    expect(rounds.every(({ gossip }) => gossip?.missed === 0 && (gossip?.consensus ?? 0) > 0)).toBe(true);
    expect([result.accuracy, result.gossip?.worst, result.gossip?.consensus]).toEqual([rounds[5].accuracy, rounds[5].gossip?.worst, expect.closeTo(rounds[5].gossip?.consensus ?? 0, 6)]);
    const early = await run(parseGossipScenario(smallGossipScenario({ target: 0.3 })));
    expect(early.result.rounds).toBeLessThan(6);
    expect(early.result.roundsToTarget).toBeGreaterThan(0);
  });

  it('that was interrupted is refused, and can begin anew', async () => {
    const path = await mkdtemp(join(tmpdir(), 'murmuration-gossip-'));
    folders.push(path);
    const scenario = parseGossipScenario(smallGossipScenario());
    const stopper = new AbortController();
    const begin = async (fresh: boolean, signal?: AbortSignal): Promise<ResultLine> => {
      const folder = await openRunFolder(path, { scenario, seed: 1, fresh });
      const onLine = (line: RecordLine): void => {
        folder.append(line);
        if (line.type === 'round' && line.round === 2) stopper.abort();
      };
      return simulate(scenario, { seed: 1, workers: 1, before: folder.before?.rounds ?? [], onLine, ...(signal ? { signal } : {}) }).finally(() => folder.close());
    };
    expect(await thrownBy(() => begin(false, stopper.signal))).toMatchObject({ code: 'aborted' });
    const refused = await thrownBy(() => begin(false));
    expect(refused).toMatchObject({ code: 'conflict' });
    expect((refused as Error).message).toMatch(/after round 2.*--fresh/);
    const whole = await begin(true);
    expect((await readRecord(path)).result?.digest).toBe(whole.digest);
  });
});

describe('what breaks', () => {
  it('while nobody learns peers come to agree as fast as the spectral gap says, to what a float32 can tell', async () => {
    const { rounds } = await run(trivial({ rounds: 30, faults: { learningPaused: { fromRound: 5, untilRound: 30 } } }));
    const distances = rounds.map(({ gossip }) => gossip?.consensus ?? 0);
    // Round 6 is the first that all mix without having learned.
    for (const factor of [1e-1, 1e-3]) {
      const measured = distances.slice(5).findIndex((distance) => distance <= factor * distances[5]);
      expect(measured).toBeGreaterThan(0);
      expect(measured).toBeLessThanOrEqual(roundsToShrink(AGREEMENT, factor) + 1);
    }
  });

  it('two halves go on apart, and agree again within 1.5 times the rounds that the gap predicts', async () => {
    const { rounds } = await run(trivial({ rounds: 40, faults: { partition: { fromRound: 10, untilRound: 20 }, learningPaused: { fromRound: 20, untilRound: 40 } } }));
    const distances = rounds.map(({ gossip }) => gossip?.consensus ?? 0);
    const before = distances[9];
    expect(rounds.every(({ reported }) => reported === 20)).toBe(true);
    expect(distances[19]).toBeGreaterThan(1.5 * before);
    const predicted = roundsToShrink(AGREEMENT, before / distances[19]);
    const measured = distances.slice(20).findIndex((distance) => distance <= before) + 1;
    expect(measured).toBeGreaterThan(0);
    expect(measured).toBeLessThanOrEqual(Math.ceil(1.5 * predicted) + 1);
  });

  it('lost letters hold no peer up for longer than its patience', async () => {
    const scenario = parseGossipScenario(smallGossipScenario({ faults: { lostLetters: 0.2 } }, { gossip: { topology: { name: 'ring' }, minimumPeers: 8, evaluateEvery: 0, patienceSeconds: 1 } }));
    const { rounds, result } = await run(scenario);
    expect(rounds).toHaveLength(6);
    expect(result.bytesDown).toBeLessThan(result.bytesUp);
    expect(result.virtualSeconds).toBeLessThan(7);
  });

  it('peers of a mesh come and go, the rest goes on, and the same seed gives the same run', async () => {
    const gossip = { topology: { name: 'overlay', degree: 4 }, minimumPeers: 4, patienceSeconds: 10, evaluateEvery: 0 } as const;
    // A round takes some seconds.
    const fields = { data: null, edges: 12, rounds: 20, training: { kind: 'trivial', parameters: 50 }, fleet: { classes: [{ preset: 'uniform', stepsPerSecond: 0.0006 }] }, faults: { churn: { leavePerMinute: 0.3, arrivePerMinute: 0.3 } } } as const;
    const scenario = parseGossipScenario(smallGossipScenario(fields as unknown as Partial<GossipScenarioInput>, { gossip }));
    const one = await run(scenario);
    expect(one.rounds).toHaveLength(20);
    const [came, left] = (['came', 'left'] as const).map((key) => one.rounds.reduce((sum, { gossip: of }) => sum + (of?.[key] ?? 0), 0));
    expect(came).toBeGreaterThan(12);
    expect(left).toBeGreaterThan(3);
    expect(one.rounds.at(-1)?.eligible).toBe(came - left);
    expect(one.result.gossip?.peers).toBe(came - left);
    expect(told((await run(scenario)).lines)).toEqual(told(one.lines));
  });
});
