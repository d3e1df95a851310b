import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import type { GossipEvent } from '../../client/gossip/events.ts';
import type { MeshEvent } from '../../client/gossip/mesh-events.ts';
import { createRelayTransport } from '../../client/gossip/relay-transport.ts';
import { startGossipAgent, type GossipAgentOptions, type RunningGossipAgent } from '../../client/node/gossip-agent.ts';
import { runMurmur } from '../../cli/main.ts';
import { startServer, type RunningServer } from '../../server/start-server.ts';
import { systemClock } from '../../shared/clock.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { thrownBy } from '../helpers/thrown.ts';

const LINE = asTaskId('line');
/** Rounds are not bounded: the tests end when they have seen enough. */
const TASK: GossipTaskInput = {
  name: 'line', mode: 'gossip',
  model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 1, batch_input_shape: [null, 1] } }] } }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' }, validation: { fraction: 0 } },
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 2, learningRate: 0.1 },
  gossip: { minimumPeers: 2, patienceSeconds: 5 },
};

let folder: string;
let server: RunningServer;
const running = new Map<string, Peer>();
const named = (name: string): Peer => running.get(name) ?? expect.fail(`${name} does not run`);

interface Peer {
  readonly agent: RunningGossipAgent;
  readonly events: GossipEvent[];
  readonly mesh: MeshEvent[];
  until(holds: () => boolean): Promise<void>;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-gossip-'));
  for (const [name, xs] of [['low', [-1, -0.5, 0.25]], ['high', [0.5, 1]]] as const) await writeFile(join(folder, `${name}.csv`), `x,y\n${xs.map((x) => `${x},${2 * x + 1}`).join('\n')}\n`);
  server = await startServer({ port: 0, data: join(folder, 'data'), enrolment: { token: 'let-me-in' } });
  await server.createTask(TASK);
  await server.startTask('line');
});
afterAll(async () => {
  for (const { agent } of running.values()) await agent.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(name: string, options: Partial<GossipAgentOptions> = {}): Promise<Peer> {
  const events: GossipEvent[] = [];
  const mesh: MeshEvent[] = [];
  const lookers = new Set<() => void>();
  const look = (): void => lookers.forEach((one) => one());
  const agent = await startGossipAgent({
    introducers: [server.url], token: 'let-me-in', name, backend: 'cpu', bindAddress: '127.0.0.1',
    dataset: () => openDatasetSource(`csv:${join(folder, name === 'bob' ? 'high.csv' : 'low.csv')}`), stateFolder: join(folder, name),
    ...options,
    onEvent(event) {
      events.push(event);
      look();
    },
    onMeshEvent(event) {
      mesh.push(event);
      look();
    },
  });
  const peer: Peer = {
    agent, events, mesh,
    until: (holds) =>
      new Promise((resolve) => {
        const one = (): void => {
          if (!holds()) return;
          lookers.delete(one);
          resolve();
        };
        lookers.add(one);
        one();
      }),
  };
  running.set(name, peer);
  return peer;
}

const turns = ({ events }: Peer) => events.filter((event) => event.type === 'turn');
const mergedWith = (peer: Peer, other: EdgeId): boolean => turns(peer).some(({ merged }) => merged.includes(other));
const lineOf = ({ agent }: Peer): readonly number[] => [...decodeCheckpoint(agent.exportModel()).parameters.values];

async function murmur(...argv: string[]): Promise<{ readonly code: number; readonly lines: readonly Record<string, unknown>[] }> {
  const texts: string[] = [];
  const code = await runMurmur([...argv, '--json'], { out: (text) => texts.push(text), error: (text) => texts.push(text) });
  return { code, lines: texts.join('').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('agents in gossip mode', () => {
  it('are told what is wrong before they begin', async () => {
    const refused = async (options: Partial<GossipAgentOptions>) => (await thrownBy(() => start('nobody', options))).code;
    expect(await refused({ token: 'guessed' })).toBe('bad_token');
    expect(await refused({ task: asTaskId('other') })).toBe('not_found');
    expect(await refused({ introducers: ['nowhere'] })).toBe('bad_config');
    expect(await refused({ introducers: [] })).toBe('bad_config');
    expect(await refused({ dataset: () => null })).toBe('bad_dataset');
    expect(await refused({ listen: { host: '0.0.0.0', port: 0 }, token: undefined })).toBe('bad_config');
  });

  it('meet by the coordinator, learn the line together over WebRTC, and show how they are', async () => {
    const [ada, bob] = await Promise.all([start('ada', { listen: { port: 0 } }), start('bob')]);
    expect(ada.agent.task.name).toBe('line');
    await Promise.all([ada.until(() => mergedWith(ada, bob.agent.peer)), bob.until(() => mergedWith(bob, ada.agent.peer))]);
    expect(ada.agent.metrics.channels).toMatchObject({ webrtc: 1, relay: 0 });
    await ada.until(() => Math.abs(lineOf(ada)[0] - 2) < 0.1 && Math.abs(lineOf(ada)[1] - 1) < 0.1);
    await new Promise<void>((resolve) => {
      const end = server.onSwarm((swarm) => {
        const told = swarm.peers.find(({ peer }) => peer === ada.agent.peer);
        if (told?.merged.includes(bob.agent.peer) !== true || swarm.measured < 2) return;
        expect(swarm.links).toMatchObject([{ kind: 'webrtc' }]);
        end();
        resolve();
      });
    });
  });

  it('hand their model to a coordinator at any time', async () => {
    const file = join(folder, 'ada.safetensors');
    const ada = named('ada');
    await writeFile(file, ada.agent.exportModel());
    const there = ['--url', server.url, '--admin-token', server.adminToken];
    expect((await murmur('models', 'adopt', 'line', file, '--origin', 'ada', ...there)).lines).toMatchObject([{ version: 1, origin: 'ada' }]);
    const out = join(folder, 'out.safetensors');
    await murmur('models', 'export', 'line', '--format', 'safetensors', '--out', out, ...there);
    expect(await readFile(out)).toEqual(await readFile(file));
  });

  it('are started by the command line, and end with their task’s rounds', async () => {
    await server.createTask({ ...TASK, name: 'short', stop: { rounds: 12 } });
    await server.startTask('short');
    const agent = (name: string, data: string, ...more: string[]) =>
      murmur('agent', '--gossip', '--url', server.url, '--token', 'let-me-in', '--dataset', `csv:${join(folder, data)}`, '--name', name, '--state', join(folder, name), '--backend', 'cpu', '--bind', '127.0.0.1', ...more);
    expect((await agent('eve', 'low.csv')).lines.at(-1)).toMatchObject({ error: { code: 'not_found', message: expect.stringContaining('line, short') as string } });
    expect(await murmur('agent', '--task', 'short', '--dataset', `csv:${join(folder, 'low.csv')}`)).toMatchObject({ code: 2, lines: [{ error: { code: 'bad_usage' } }] });
    const file = join(folder, 'eve.safetensors');
    const [eve, fay] = await Promise.all([agent('eve', 'low.csv', '--task', 'short', '--listen', '0', '--export', file), agent('fay', 'high.csv', '--task', 'short')]);
    for (const { code, lines } of [eve, fay]) {
      expect(code).toBe(0);
      expect(lines.at(-1)).toMatchObject({ event: 'left', task: 'short', rounds: 12 });
      expect(lines.filter(({ event }) => event === 'turn').length).toBeGreaterThan(0);
    }
    expect(eve.lines.find(({ event }) => event === 'started')).toMatchObject({ task: 'short', backend: 'cpu', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string });
    expect(decodeCheckpoint(await readFile(file)).parameters.values).toHaveLength(2);
  });

  it('go on when the coordinator is gone, and let newcomers in by themselves', async () => {
    const [ada, bob] = [named('ada'), named('bob')];
    await server.stop();
    await ada.until(() => ada.mesh.some(({ type }) => type === 'introducer-lost'));
    const before = turns(ada).length;
    await ada.until(() => turns(ada).length > before + 3);
    const url = ada.agent.url ?? '';
    expect((await thrownBy(() => start('stranger', { introducers: [url], token: 'guessed' }))).code).toBe('bad_token');
    const carl = await start('carl', { introducers: [url], task: LINE });
    // With the other one it speaks directly: who let it in passed their signals on.
    await carl.until(() => mergedWith(carl, ada.agent.peer) && mergedWith(carl, bob.agent.peer));
    expect(carl.events[0]).toMatchObject({ type: 'began' });
    expect(carl.mesh.filter((event) => event.type === 'channel-opened' && event.kind !== 'webrtc')).toEqual([]);
  });

  it('by relay alone reach whoever listens', async () => {
    const ada = named('ada');
    const dora = await start('dora', {
      introducers: [ada.agent.url ?? ''],
      transports: ({ conduit }) => [createRelayTransport({ conduit: { ...conduit, closed: false, onClose: () => undefined }, clock: systemClock })],
    });
    await dora.until(() => turns(dora).some(({ merged }) => merged.length > 0));
    expect(dora.agent.metrics.channels.relay).toBeGreaterThan(0);
  });

  it('go on from their model after a restart', async () => {
    const [ada, bob] = [named('ada'), named('bob')];
    await bob.agent.stop();
    const kept = decodeCheckpoint(await readFile(join(folder, 'bob', 'gossip-line.safetensors')));
    expect(kept.metadata).toMatchObject({ round: String(bob.agent.round) });
    expect(kept.parameters.values).toEqual(decodeCheckpoint(bob.agent.exportModel()).parameters.values);
    const again = await start('bob', { introducers: [ada.agent.url ?? ''] });
    expect(again.agent.peer).toBe(bob.agent.peer);
    await again.until(() => again.events.length > 0);
    const [began] = again.events;
    expect(began.type === 'began' && began.round > 0).toBe(true);
    expect(lineOf(again)[0]).toBeCloseTo(2, 0);
  });
});
