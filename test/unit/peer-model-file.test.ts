import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPeerModelFile } from '../../client/node/peer-model-file.ts';
import { asDigest, asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-model-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (swarm: string) => openPeerModelFile(folder, { task: asTaskId('line'), swarm: asDigest(swarm.repeat(64)), layout: TOY_LAYOUT, logger: silentLogger });

it('a peer finds the model that it kept, and none of another task or in pieces', async () => {
  expect(await open('a').load()).toBeNull();
  await open('a').save({ round: 7, parameters: Float32Array.of(2, 1) });
  await open('a').save({ round: 8, parameters: Float32Array.of(3, 1) });
  expect(await open('a').load()).toEqual({ round: 8, parameters: Float32Array.of(3, 1) });
  expect(await open('b').load()).toBeNull();
  await writeFile(join(folder, 'gossip-line.safetensors'), 'half a f');
  expect(await open('a').load()).toBeNull();
});
