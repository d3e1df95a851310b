import { mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { createSocketIntroducer } from '../../client/gossip/socket-introducer.ts';
import { runMurmur } from '../../cli/main.ts';
import { systemClock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { encodeSketch, sketchOf } from '../../shared/gossip/sketch.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { LiveSwarmHistory } from '../../shared/protocol/swarm-history.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import { encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const never = new AbortController().signal;
let live: LiveServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-peers-'));
  live = await startLiveServer();
});
afterAll(async () => {
  await live.stop();
  await rm(folder, { recursive: true, force: true });
});

function peer(token?: string) {
  const identity = generateKeyPair();
  const introducer = createSocketIntroducer({ url: live.server.url, identity, peerName: 'a peer', clock: systemClock, ...(token === undefined ? {} : { token }) });
  return { id: edgeIdOf(identity.publicKey), ...introducer };
}

async function murmur(...argv: string[]): Promise<{ readonly code: number; readonly text: string; readonly result: Record<string, unknown> }> {
  const lines: string[] = [];
  const code = await runMurmur([...argv, '--url', live.server.url, '--admin-token', live.server.adminToken, '--json'], { out: (text) => lines.push(text), error: (text) => lines.push(text) });
  const text = lines.join('');
  return { code, text, result: JSON.parse(text.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown> };
}

/** A model of the toy line as a peer writes it. */
const modelOf = (a: number, b: number): Uint8Array => encodeCheckpoint(createParameters(TOY_LAYOUT, Float32Array.of(a, b)));

describe('a task in gossip mode at a coordinator', () => {
  it('is created, listed and shown by the command line, and nobody drives it', async () => {
    const file = join(folder, 'line.json');
    await writeFile(file, JSON.stringify(toyGossipTask()));
    expect(await murmur('task', 'create', file)).toMatchObject({ code: 0, result: { task: 'line', status: 'created' } });
    expect((await thrownBy(() => peer(live.server.enrolmentToken).join(LINE, never))).code).toBe('conflict');
    expect(await murmur('task', 'start', 'line')).toMatchObject({ code: 0, result: { status: 'running' } });
    expect(live.server.coordinator.drivers()).toEqual([]);
    const listed = (await murmur('task', 'list')).result as { tasks: Record<string, unknown>[] };
    expect(listed.tasks).toMatchObject([{ id: 'line', mode: 'gossip', peers: 0, status: 'running' }]);
    const { code, result } = await murmur('task', 'show', 'line');
    expect(code).toBe(0);
    expect(result).toMatchObject({ task: { id: 'line', spec: { mode: 'gossip', gossip: { way: { name: 'd-psgd' } } } }, live: { swarm: { connected: 0 }, goal: 0 }, swarm: { peers: [], consensusDistance: null } });
    // Edges of rounds hear nothing of it.
    const hand = await live.handEdge();
    expect((await hand.link.request('tasks', {})).tasks).toEqual([]);
    expect((await thrownBy(() => hand.link.request('describe', { task: LINE }))).code).toBe('wrong_task');
  });

  it('wrong ones are refused with the path of each wrong field', async () => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, JSON.stringify({ ...toyGossipTask({ name: 'wrong' }), gossip: { way: { name: 'shouting' } } }));
    const { code, text } = await murmur('task', 'create', file);
    expect(code).toBe(1);
    expect(text).toContain('gossip.way.name');
  });

  it('lets peers in by token, who then find each other', async () => {
    expect((await thrownBy(() => peer().join(LINE, never))).code).toBe('bad_token');
    expect((await thrownBy(() => peer('guessed').join(LINE, never))).code).toBe('bad_token');
    const [ada, bob] = [peer(live.server.enrolmentToken), peer(live.server.enrolmentToken)];
    expect(await ada.tasks(never)).toEqual([LINE]);
    expect((await thrownBy(() => ada.join(asTaskId('other'), never))).code).toBe('not_found');
    const [a, b] = [await ada.join(LINE, never), await bob.join(LINE, never)];
    expect(a.peers).toEqual([]);
    expect(b.peers).toEqual([ada.id]);
    expect(await a.morePeers?.()).toEqual([bob.id]);
    const heard = new Promise((resolve) => b.onSignal((from, signal) => resolve([from, signal])));
    await a.signal(bob.id, { type: 'offer' });
    expect(await heard).toEqual([ada.id, { type: 'offer' }]);
    const bytes = new Promise((resolve) => a.onRelayed((from, piece) => resolve([from, [...piece]])));
    await b.relay(ada.id, Uint8Array.of(1, 2, 3));
    expect(await bytes).toEqual([bob.id, [1, 2, 3]]);
    expect((await murmur('task', 'list')).result).toMatchObject({ tasks: [{ peers: 2 }] });
    await Promise.all([a.leave(), b.leave()]);
  });

  it('who was revoked is cut off and stays out', async () => {
    const ada = peer(live.server.enrolmentToken);
    const a = await ada.join(LINE, never);
    const closed = new Promise((resolve) => a.onClose(resolve));
    expect((await murmur('edges', 'revoke', ada.id)).code).toBe(0);
    await closed;
    expect((await thrownBy(() => ada.join(LINE, never))).code).toBe('revoked');
  });

  it('shows its swarm to those who look on', async () => {
    const [ada, bob] = [peer(live.server.enrolmentToken), peer(live.server.enrolmentToken)];
    const [a, b] = [await ada.join(LINE, never), await bob.join(LINE, never)];
    const watcher = io(`${live.server.url}/watch`, { transports: ['websocket'], forceNew: true });
    try {
      const whole = new Promise<LiveSwarm>((resolve) => watcher.on('swarm', (swarm: LiveSwarm) => swarm.measured === 2 && resolve(swarm)));
      await new Promise<void>((resolve) => watcher.once('swarm', () => resolve()));
      const status = (of: typeof ada, model: Float32Array) => ({ round: 2, accuracy: 0.75, loss: 1, trainLoss: null, neighbours: [{ peer: of.id, kind: 'webrtc' as const }], merged: [of.id], sketch: encodeSketch(sketchOf(model, a.swarm)) });
      await a.status?.(status(bob, Float32Array.of(0, 0)));
      await b.status?.(status(ada, Float32Array.of(2, 0)));
      const swarm = await whole;
      expect(swarm).toMatchObject({ task: 'line', peersInAll: 2, measured: 2 });
      expect(swarm.peers.find(({ peer: id }) => id === ada.id)).toMatchObject({ name: 'a peer', round: 2, accuracy: 0.75, merged: [bob.id] });
      expect(swarm.links).toEqual([{ a: [ada.id, bob.id].sort()[0], b: [ada.id, bob.id].sort()[1], kind: 'webrtc' }]);
      // One weight in one place: the sketch is exact. Models at 0 and 2 lie at 1 from their mean.
      expect(swarm.consensusDistance).toBeCloseTo(1, 6);
      // Who comes now is told of what was before, ahead of what is.
      const toldLate = async (): Promise<readonly string[]> => {
        const late = io(`${live.server.url}/watch`, { transports: ['websocket'], forceNew: true });
        const told: string[] = [];
        late.on('swarmHistory', ({ task, points }: LiveSwarmHistory) => told.push(`${task}: ${points.map(({ round, accuracy, worst }) => `${round} ${accuracy} ${worst}`).join(', ')}`));
        await new Promise<void>((resolve) => late.once('swarm', () => resolve()));
        late.disconnect();
        return told;
      };
      await expect.poll(toldLate, { timeout: 10_000 }).toEqual(['line: 2 0.75 0.75']);
    } finally {
      watcher.disconnect();
      await Promise.all([a.leave(), b.leave()]);
    }
  });

  it('stopped, it takes no newcomers, and those that are in stay', async () => {
    const ada = peer(live.server.enrolmentToken);
    const a = await ada.join(LINE, never);
    expect((await murmur('task', 'stop', 'line')).code).toBe(0);
    expect((await thrownBy(() => peer(live.server.enrolmentToken).join(LINE, never))).code).toBe('conflict');
    expect(await peer(live.server.enrolmentToken).tasks(never)).toEqual([]);
    expect(a.closed).toBe(false);
    await a.leave();
  });
});

describe('a model of elsewhere', () => {
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };

  it('is adopted by a gossip task, listed with its origin, and exported as it was', async () => {
    const file = await write('peer.safetensors', modelOf(2, 1));
    expect(await murmur('models', 'adopt', 'line', file)).toMatchObject({ code: 0, result: { version: 1, origin: 'adopted from peer.safetensors' } });
    await murmur('models', 'adopt', 'line', await write('later.safetensors', modelOf(3, 1)), '--origin', 'the swarm at noon');
    expect((await murmur('models', 'list', 'line')).result).toMatchObject({ versions: [{ version: 2, origin: 'the swarm at noon' }, { version: 1, origin: 'adopted from peer.safetensors' }] });
    const out = join(folder, 'out.safetensors');
    expect((await murmur('models', 'export', 'line', '--version', '1', '--format', 'safetensors', '--out', out)).code).toBe(0);
    expect(new Uint8Array(await readFile(out))).toEqual(modelOf(2, 1));
  });

  it('is refused where it is none, or none of this task', async () => {
    const code = async (bytes: Uint8Array) => ((await murmur('models', 'adopt', 'line', await write('bad.safetensors', bytes))).result as { error: { code: string } }).error.code;
    expect(await code(Uint8Array.of(1, 2, 3))).toBe('bad_frame');
    expect(await code(modelOf(NaN, 1))).toBe('not_finite');
    expect(await code(modelOf(Infinity, 1))).toBe('not_finite');
    expect(await live.api('/api/tasks/line/versions?origin=x', { method: 'POST', body: new Uint8Array(modelOf(1, 1)), headers: { 'content-type': 'application/octet-stream' } })).toMatchObject({ status: 401 });
    expect(await live.api('/api/tasks/line/versions', { method: 'POST', admin: true, body: new Uint8Array(modelOf(1, 1)), headers: { 'content-type': 'application/octet-stream' } })).toMatchObject({ status: 400 });
    expect((await murmur('models', 'list', 'line')).result).toMatchObject({ versions: [{ version: 2 }, { version: 1 }] });
  });

  it('is what a federated task begins with, and is adopted by it when no round runs', async () => {
    await live.server.createTask({ ...toySpec(), name: 'led' });
    const file = await write('start.safetensors', modelOf(5, 6));
    expect(await murmur('models', 'adopt', 'led', file)).toMatchObject({ code: 0, result: { version: 0 } });
    await live.server.startTask('led');
    expect(await live.weightsOf('led', 0)).toEqual([5, 6]);
    expect((await murmur('models', 'adopt', 'led', file)).result).toMatchObject({ error: { code: 'conflict' } });
    await live.server.stopTask('led');
    expect(await murmur('models', 'adopt', 'led', await write('next.safetensors', modelOf(7, 8)))).toMatchObject({ code: 0, result: { version: 1 } });
    await live.server.startTask('led');
    expect(live.server.coordinator.driver(asTaskId('led')).state()).toMatchObject({ version: 1 });
    await live.server.stopTask('led');
  });
});
