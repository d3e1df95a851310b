/** Real agents on every backend of Node train for 50 rounds: nothing is held after the last that was not held after the second. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Census } from '../helpers/census.ts';
import { startAgentChild, type AgentChild } from '../helpers/agent-child.ts';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';
import { startGatedFederation, tableTask, type GatedFederation } from '../helpers/gated-federation.ts';
import { reachableObjects, watchCollections } from '../helpers/growth.ts';
import { nodeBackends } from '../helpers/node-backends.ts';
import { syntheticTable } from '../helpers/synthetic-table.ts';

const ROUNDS = 50;
const FEW = ROUNDS / 2;
const backends = await nodeBackends();

let script: BundledScript;
let folder: string;
let federation: GatedFederation;
const agents: AgentChild[] = [];

beforeAll(async () => {
  script = await bundleScript(new URL('../helpers/agent-process.ts', import.meta.url));
  folder = await mkdtemp(join(tmpdir(), 'murmuration-leaks-'));
  federation = await startGatedFederation();
  for (const [i, backend] of backends.entries()) {
    agents.push(await startAgentChild(script.path, { url: federation.live.server.url, backend, csv: syntheticTable({ rows: 60, seed: i }), stateFolder: join(folder, backend) }));
  }
});
afterAll(async () => {
  for (const agent of agents) agent.kill();
  await federation?.stop();
  await rm(folder, { recursive: true, force: true });
  await script?.remove();
});

const perAgent = async (): Promise<Census> => {
  const counted = await Promise.all(agents.map((agent) => agent.census()));
  return Object.fromEntries(counted.flatMap((census, i) => Object.entries(census).map(([kind, count]) => [`${backends[i]} ${kind}`, count])));
};

describe('a federation of real agents', () => {
  it.each([
    ['fedavg', { name: 'fedavg', epochs: 1, batchSize: 16, learningRate: 0.1 }],
    ['fedsgd', { name: 'fedsgd', server: { name: 'sgd', learningRate: 0.1 } }],
  ] as const)(`holds no more after ${ROUNDS} rounds of %s than after 2`, async (name, algorithm) => {
    const rounds = await federation.open(tableTask(name, agents.length, algorithm));
    expect(await rounds.rest()).toBe(1);
    await rounds.pass();
    expect(await rounds.rest()).toBe(2);
    const early = await rounds.census(perAgent);
    const objects = reachableObjects();
    const collections = watchCollections();
    for (let round = 2; round < ROUNDS; round++) {
      expect(await rounds.pass()).toEqual([]);
      expect(await rounds.rest()).toBe(round + 1);
    }
    const late = await rounds.census(perAgent);
    expect(late).toEqual(early);
    // One object or entry a round would stand out. Of the blobs' folders there are 256 and no more.
    const objectsLate = reachableObjects();
    expect(Object.entries(objectsLate).filter(([kind, count]) => count - objects[kind] >= FEW)).toEqual([]);
    expect(collections.end(FEW).filter(({ key }) => !/^blobs\/[0-9a-f]{2}$/.test(String(key)))).toEqual([]);

    await federation.live.server.stopTask(name);
    for (const agent of agents) expect(await agent.atRest()).toEqual({ tensors: 0, buffers: 0 });
  }, 120_000);

  it('leaves no tensor, no timer and no socket in an agent that has left', async () => {
    for (const agent of agents) expect(await agent.stop()).toEqual({ tensors: 0, buffers: 0 });
    expect(await Promise.all(agents.map((agent) => agent.ended()))).toEqual(agents.map(() => 0));
  });
});
