/** A tab of a real Chromium and two real Node agents learn together; the tab goes in the middle of a round, and the round ends all the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import { startAgent } from '../../client/node/agent.ts';
import { createEvaluator } from '../../server/evaluation/worker-evaluator.ts';
import type { ParticipationRecord, RoundRecord } from '../../server/storage/store.ts';
import { silentLogger } from '../../shared/logger.ts';
import { asEdgeId, type EdgeId } from '../../shared/ids.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { chromiumIsMissing, launchChromium } from '../helpers/chromium.ts';
import { IDLE_MACHINE } from '../helpers/hand-edge.ts';
import { openJoinTab, requirePages, type JoinTab } from '../helpers/join-tab.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { syntheticTable, syntheticTableContract } from '../helpers/synthetic-table.ts';

const ROUNDS = 3;

const RISK: TaskSpecInput = {
  name: 'risk',
  model: {
    topology: { class_name: 'Sequential', config: { name: 'softmax', layers: [{ class_name: 'Dense', config: { name: 'output', units: 2, activation: 'softmax', batch_input_shape: [null, 4] } }] } },
    loss: 'categoricalCrossentropy',
  },
  data: syntheticTableContract,
  algorithm: { name: 'fedavg', epochs: 2, batchSize: 8, learningRate: 0.5 },
  // Nobody is asked before all three are there.
  round: { goal: 3, minimum: 3, overSelection: 1 },
  stop: { rounds: ROUNDS },
};

/** Two reports are enough, but three are waited for; and training that takes minutes on the tab's many rows, and no time on few. */
const LONG: TaskSpecInput = {
  ...RISK,
  algorithm: { name: 'fedavg', epochs: 200, batchSize: 4, learningRate: 0.01 },
  round: { goal: 3, minimum: 2, overSelection: 1, selectionSeconds: 300, absenceSeconds: 0.5 },
};
const MANY_ROWS = 20_000;

interface Recorded {
  readonly round: RoundRecord;
  readonly participations: readonly ParticipationRecord[];
}

describe.skipIf(chromiumIsMissing())('a browser in a federation with Node agents', () => {
  let browser: Browser;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    await requirePages();
    browser = await launchChromium({ webgl: true });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function serve(spec: TaskSpecInput): Promise<LiveServer> {
    const live = await startLiveServer({
      enrolment: { open: true },
      evaluator: createEvaluator({ logger: silentLogger }),
      evaluation: { risk: (task) => Promise.resolve(csvDataset('held-out.csv', syntheticTable({ rows: 200, seed: 99 }), task.data).train) },
    });
    ends.push(() => live.stop());
    await live.runTask(spec);
    return live;
  }

  /** Resolves with the agent's edge once its session is open. */
  async function joinAgent(url: string, { rows, seed }: { readonly rows: number; readonly seed: number }): Promise<EdgeId> {
    const stateFolder = await mkdtemp(join(tmpdir(), 'murmuration-agent-'));
    ends.push(() => rm(stateFolder, { recursive: true, force: true }));
    let connected: (edge: EdgeId) => void = () => undefined;
    const edge = new Promise<EdgeId>((resolve) => (connected = resolve));
    const agent = await startAgent({
      url, stateFolder, backend: 'wasm', name: `agent ${seed}`,
      conditions: { read: () => Promise.resolve(IDLE_MACHINE) },
      dataset: () => ({ name: 'rows.csv', load: (contract) => Promise.resolve(csvDataset('rows.csv', syntheticTable({ rows, seed }), contract)) }),
      onEvent: (event) => {
        if (event.type === 'connected') connected(event.edge);
      },
    });
    ends.push(() => agent.stop());
    return edge;
  }

  async function joinTab(url: string, backend: 'wasm' | 'webgl', rows: number): Promise<JoinTab> {
    const tab = await openJoinTab(browser, url, { backend, csv: syntheticTable({ rows, seed: 7 }) });
    ends.push(() => tab.context.close());
    return tab;
  }

  async function recorded(live: LiveServer, round: number): Promise<Recorded> {
    return (await live.api(`/api/tasks/risk/rounds/${round}`)).body as Recorded;
  }

  it.each(['wasm', 'webgl'] as const)('takes part on %s in the same rounds as they do', async (backend) => {
    const live = await serve(RISK);
    const agents = [await joinAgent(live.server.url, { rows: 60, seed: 1 }), await joinAgent(live.server.url, { rows: 40, seed: 2 })];
    const tab = await joinTab(live.server.url, backend, 80);
    const edge = asEdgeId(await tab.edge());
    expect(new Set([edge, ...agents]).size).toBe(3);
    await live.untilRounds(ROUNDS);

    for (let round = 1; round <= ROUNDS; round++) {
      const { round: record, participations } = await recorded(live, round);
      expect(record).toMatchObject({ round, outcome: 'committed', selected: 3, reported: 3, version: round });
      expect(participations.map((one) => [one.edge, one.status, one.examples]).sort()).toEqual([[edge, 'reported', 80], [agents[0], 'reported', 60], [agents[1], 'reported', 40]].sort());
    }
    // What was forced is what it says that it computes with, on the page and to the coordinator.
    expect(await tab.page.getByTestId('backend').innerText()).toBe(backend);
    expect(live.server.coordinator.population.get(edge)?.lastCapabilities).toMatchObject({ platform: 'browser', backend });
    expect(await tab.page.getByTestId('examples').innerText()).toBe('80 for risk, from csv:rows.csv');
    // They learned: of the three parts together, and on rows that none of them holds.
    const [first, last] = [live.rounds[0], live.rounds[ROUNDS - 1]];
    expect(last.trainLoss).toBeLessThan(first.trainLoss as number);
    expect(last.loss).toBeLessThan(first.loss as number);
    expect(last.accuracy).toBeGreaterThan(0.8);
    expect(tab.errors).toEqual([]);
  }, 180_000);

  /** Agents and tab in round 1; resolves when only the tab still trains. */
  async function tabAloneTrains(): Promise<{ live: LiveServer; agents: EdgeId[]; tab: JoinTab; edge: EdgeId }> {
    const live = await serve(LONG);
    const tab = await joinTab(live.server.url, 'wasm', MANY_ROWS);
    const edge = asEdgeId(await tab.edge());
    const agents = [await joinAgent(live.server.url, { rows: 8, seed: 1 }), await joinAgent(live.server.url, { rows: 8, seed: 2 })];
    const [driver] = live.server.coordinator.drivers();
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (driver.state().reported < 2) return;
        stopListening();
        resolve();
      };
      const stopListening = live.server.coordinator.listen({ changed: look });
      look();
    });
    await tab.untilStatus('training');
    expect(driver.state()).toMatchObject({ round: 1, phase: 'reporting', open: 1 });
    return { live, agents, tab, edge };
  }

  async function expectCommittedWithout(live: LiveServer, edge: EdgeId, agents: readonly EdgeId[]): Promise<ParticipationRecord> {
    await live.untilRounds(1);
    const { round, participations } = await recorded(live, 1);
    expect(round).toMatchObject({ round: 1, outcome: 'committed', selected: 3, reported: 2, version: 1 });
    const statusOf = (one: EdgeId): string | undefined => participations.find((record) => record.edge === one)?.status;
    expect(agents.map(statusOf)).toEqual(['reported', 'reported']);
    return participations.find((record) => record.edge === edge) as ParticipationRecord;
  }

  it('is not waited for when its tab is closed while it trains', async () => {
    const { live, agents, tab, edge } = await tabAloneTrains();
    await tab.page.close();
    const { status, reason } = await expectCommittedWithout(live, edge, agents);
    // Closing gives the page a moment, in which its worker may or may not find the time to say goodbye.
    expect([['withdrawn', 'its owner left'], ['withdrawn', 'it left'], ['lost', expect.stringMatching(/^away for [\d.]+ s$/)]]).toContainEqual([status, reason]);
  }, 120_000);

  it('is lost after its time of absence when its tab crashes while it trains', async () => {
    const { live, agents, tab, edge } = await tabAloneTrains();
    const crashed = tab.page.waitForEvent('crash');
    await tab.page.goto('chrome://crash').catch(() => undefined);
    await crashed;
    const { status, reason } = await expectCommittedWithout(live, edge, agents);
    expect(status).toBe('lost');
    expect(reason).toMatch(/^away for [\d.]+ s$/);
  }, 120_000);

  it('gives its assignment back when its owner leaves while it trains, and says so', async () => {
    const { live, agents, tab, edge } = await tabAloneTrains();
    await tab.page.getByTestId('leave').click();
    await tab.untilStatus('left');
    expect(await tab.page.getByTestId('status').innerText()).toBe('You have left');
    expect(await tab.page.getByTestId('log').innerText()).toContain('Round 1 goes on without this edge: its owner left');
    expect(tab.page.workers()).toEqual([]);
    expect(await expectCommittedWithout(live, edge, agents)).toMatchObject({ status: 'withdrawn', reason: 'its owner left' });
    expect(tab.errors).toEqual([]);
  }, 120_000);
});
