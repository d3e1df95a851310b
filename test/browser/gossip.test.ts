/** Two tabs of a real Chromium and two Node agents learn to read digits in one mesh over WebRTC; the rendezvous is killed a third of the way in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../cli/datasets.ts';
import { createApiClient } from '../../cli/remote/api-client.ts';
import { readSecret } from '../helpers/read-secret.ts';
import type { GossipEvent } from '../../client/gossip/events.ts';
import { startGossipAgent, type RunningGossipAgent } from '../../client/node/gossip-agent.ts';
import { createEvaluator } from '../../server/evaluation/worker-evaluator.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { mnistContract, mnistExamples } from '../../simulations/datasets/mnist.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { chromiumIsMissing, launchChromium } from '../helpers/chromium.ts';
import { LOOPBACK_WEBRTC, openGossipTab } from '../helpers/gossip-tab.ts';
import { startScript } from '../helpers/murmur-process.ts';

const ROUNDS = 12;
const KILLED_AFTER = ROUNDS / 3;
const TARGET = 0.95;
const DIGITS = asTaskId('digits');
/** 2NN of McMahan et al. (2017), 199,210 parameters. */
const TASK: GossipTaskInput = {
  name: DIGITS, mode: 'gossip',
  model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
  data: mnistContract({ flat: true, validation: { fraction: 0.1, seed: 1 } }),
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 20, learningRate: 0.1 },
  // All four are there before the first round.
  gossip: { minimumPeers: 4 },
  stop: { rounds: ROUNDS },
};

describe.skipIf(chromiumIsMissing())('tabs and agents in one mesh', () => {
  let browser: Browser;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    browser = await launchChromium({ args: LOOPBACK_WEBRTC });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'murmuration-mesh-'));
    ends.push(() => rm(made, { recursive: true, force: true }));
    return made;
  }

  /** A process of its own, which can be killed. */
  async function startRendezvous(): Promise<{ readonly url: string; kill(): Promise<unknown> }> {
    const data = await folder();
    const coordinator = startScript('run-murmur', ['serve', '--open', '--port', '0', '--data', data]);
    const kill = (): Promise<unknown> => {
      coordinator.child.kill('SIGKILL');
      return coordinator.ended;
    };
    ends.push(kill);
    const url = String((await coordinator.line(({ event }) => event === 'listening')).url);
    const api = createApiClient({ url, adminToken: await readSecret(data, 'admin-token') });
    await api.createTask(TASK);
    await api.startTask(DIGITS);
    return { url, kill };
  }

  /** Of the 60,000 digits an eighth, drawn evenly; `onTurn` is told of each round that ends. */
  async function startPeer(url: string, part: number, onTurn: (round: number) => void): Promise<RunningGossipAgent> {
    const dataset = openDataset(`mnist:${part}/8?alpha=iid&seed=1`);
    const agent = await startGossipAgent({
      introducers: [url], task: DIGITS, name: `agent ${part}`, backend: 'wasm', bindAddress: '127.0.0.1', stateFolder: await folder(), dataset: () => dataset,
      onEvent: (event: GossipEvent) => {
        if (event.type === 'turn') onTurn(event.round);
      },
    });
    ends.push(() => agent.stop());
    return agent;
  }

  it('learns MNIST to the target, though the rendezvous is killed', async () => {
    const rendezvous = await startRendezvous();
    let third: () => void = () => undefined;
    const aThirdIsOver = new Promise<void>((resolve) => (third = resolve));
    const agents = await Promise.all([1, 2].map((part) => startPeer(rendezvous.url, part, (round) => (round === KILLED_AFTER ? third() : undefined))));
    const tabs = await Promise.all([1, 2].map((seed) => openGossipTab(browser, rendezvous.url, { name: `tab ${seed}`, digits: { examples: 3000, seed } })));
    ends.push(() => Promise.all(tabs.map(({ context }) => context.close())));

    await aThirdIsOver;
    await rendezvous.kill();
    await Promise.all(tabs.map(async ({ page }) => page.getByTestId('gossip-rendezvous').and(page.locator('[data-state=away]')).waitFor()));
    expect(await tabs[0].page.getByTestId('gossip-rendezvous').innerText()).toBe('The rendezvous is away; learning goes on.');
    await Promise.all([...agents.map(({ finished }) => finished), ...tabs.map((tab) => tab.untilStatus('finished'))]);
    expect(agents.map(({ round }) => round)).toEqual([ROUNDS, ROUNDS]);

    const models = await Promise.all([...agents.map(async (agent) => agent.exportModel()), ...tabs.map(async (tab) => (await tab.download()).bytes)]);
    const evaluator = createEvaluator({ logger: silentLogger });
    ends.push(() => evaluator.stop());
    const spec = parseGossipTask(TASK);
    await evaluator.setExamples(DIGITS, await mnistExamples('test', mnistContract({ flat: true })));
    for (const [i, model] of models.entries()) {
      const measured = await evaluator.evaluate(DIGITS, spec, decodeCheckpoint(model).parameters.values, i);
      expect(measured?.examples).toBe(10_000);
      expect(measured?.accuracy).toBeGreaterThanOrEqual(TARGET);
    }

    // Everybody spoke with everybody directly, whatever the pair: tab and tab, tab and agent, agent and agent.
    const ids = [...agents.map(({ peer }) => peer as string), ...tabs.map(({ peer }) => peer)].sort();
    for (const agent of agents) expect(agent.metrics.channels.relay).toBe(0);
    for (const tab of tabs) {
      const neighbours = await tab.page.getByTestId('gossip-neighbour-list').locator('li').evaluateAll((items) => items.map((item) => [(item as HTMLElement).dataset['peer'], (item as HTMLElement).dataset['kind']]));
      expect(neighbours.map(([peer]) => peer).sort()).toEqual(ids.filter((id) => id !== tab.peer));
      expect(new Set(neighbours.map(([, kind]) => kind))).toEqual(new Set(['webrtc']));
      expect(tab.errors).toEqual([]);
    }

    await tabs[0].page.getByTestId('gossip-leave').click();
    await tabs[0].untilStatus('left');
    expect(await tabs[0].page.getByTestId('gossip-again').isVisible()).toBe(true);
  }, 600_000);
});
