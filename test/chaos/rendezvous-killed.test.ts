/**
 * The coordinator that brought peers together is killed a third of the way in: they reach their target without it, and a
 * newcomer that knows one of them comes in. All of them are processes, started as their users start them.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { mnistContract } from '../../simulations/datasets/mnist.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { murmur, startScript, type MurmurProcess } from '../helpers/murmur-process.ts';

/** Of what a peer holds back, a few hundred digits of its own. */
const TARGET = 0.85;
/** Nobody reaches the target in so few. */
const KILLED_AFTER = 2;
/** Rounds are not bounded: the peers are ended when they have shown what they can. */
const TASK: GossipTaskInput = {
  name: 'digits', mode: 'gossip',
  model: { topology: mlp2nn(), loss: 'categoricalCrossentropy' },
  data: { ...mnistContract({ flat: true }), validation: { fraction: 0.2, seed: 1 } },
  algorithm: { name: 'fedavg', epochs: 2, batchSize: 20, learningRate: 0.2 },
  gossip: { minimumPeers: 4 },
};

const started: MurmurProcess[] = [];
const folder = await mkdtemp(join(tmpdir(), 'murmuration-killed-'));
afterAll(async () => {
  for (const one of started) await one.interrupt();
  await rm(folder, { recursive: true, force: true });
});

function peer(name: string, part: number, ...options: readonly string[]): MurmurProcess {
  const process = startScript('run-murmur', [
    'agent', '--gossip', '--task', 'digits', '--name', name, '--dataset', `mnist:${part}/30`, '--backend', 'wasm', '--bind', '127.0.0.1',
    '--state', join(folder, name), '--export', join(folder, `${name}.safetensors`), ...options,
  ]);
  started.push(process);
  return process;
}

const roundsOf = ({ lines }: MurmurProcess): number => lines.filter(({ event }) => event === 'turn').length;

it('peers reach their target when their coordinator is killed, and still let a newcomer in', { timeout: 240_000 }, async () => {
  const server = startScript('run-murmur', ['serve', '--open', '--port', '0', '--data', join(folder, 'data')]);
  started.push(server);
  const url = String((await server.line(({ event }) => event === 'listening')).url);
  await writeFile(join(folder, 'task.json'), JSON.stringify(TASK));
  expect(await murmur('task', 'create', join(folder, 'task.json'), '--start', '--data', join(folder, 'data'))).toMatchObject({ code: 0 });

  const ada = peer('ada', 1, '--url', url, '--listen', '0');
  const peers = [ada, ...['bob', 'cyd', 'dan'].map((name, i) => peer(name, i + 2, '--url', url))];
  const { url: listening } = await ada.line(({ event }) => event === 'started');
  await Promise.all(peers.map(({ line }) => line(({ event, round }) => event === 'turn' && Number(round) >= KILLED_AFTER)));
  server.child.kill('SIGKILL');
  await server.ended;
  const behind = new Map(peers.map((one) => [one, roundsOf(one)]));

  const late = peer('late', 5, '--peers', String(listening));
  expect((await late.line(({ event }) => event === 'began')).round).toBeGreaterThanOrEqual(KILLED_AFTER);
  for (const one of [...peers, late]) {
    await one.line(({ event, round, accuracy }) => event === 'evaluated' && Number(round) > (behind.get(one) ?? 0) && Number(accuracy) >= TARGET);
    // With others, after the coordinator was gone.
    await one.line(({ event, round, merged }) => event === 'turn' && Number(round) > (behind.get(one) ?? 0) && (merged as readonly string[]).length > 0);
  }
  for (const one of [...peers, late]) {
    await one.interrupt();
    const { code, last, stderr } = await one.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(last).toMatchObject({ event: 'left' });
  }
  const { parameters } = decodeCheckpoint(await readFile(join(folder, 'late.safetensors')));
  expect(parameters.layout.size).toBe(199_210);
});
