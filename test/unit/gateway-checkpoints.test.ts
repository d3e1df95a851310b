import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '#platform/crypto';
import type { TaskDriver } from '../../server/coordinator/driver-house.ts';
import { addCheckpoints } from '../../server/gateway/checkpoints.ts';

const NAMED_HEADERS = ['accept-ranges', 'cache-control', 'content-length', 'content-type', 'etag', 'last-modified'];
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
const digest = sha256Hex(bytes);
const path = `/checkpoints/${digest}`;

let folder: string;
let http: FastifyInstance;
/** What the round under way has for its checkpoint. */
let current: string;
let counted: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-checkpoints-'));
  await mkdir(join(folder, digest.slice(0, 2)));
  await writeFile(join(folder, digest.slice(0, 2), digest), bytes);
  current = digest;
  counted = 0;
  const driver = { offers: (asked: string) => asked === current, countDownload: (more: number) => (counted += more) } as unknown as TaskDriver;
  http = Fastify();
  await http.register(fastifyStatic, { root: folder, serve: false });
  addCheckpoints(http, folder, { drivers: () => [driver] });
});

afterEach(async () => {
  await http.close();
  await rm(folder, { recursive: true });
});

describe('checkpoints over HTTP', () => {
  it('look the same from memory and from disk', async () => {
    const fromMemory = await http.inject(path);
    current = '';
    const fromDisk = await http.inject(path);
    for (const answer of [fromMemory, fromDisk]) {
      expect(answer.statusCode).toBe(200);
      expect(answer.rawPayload.equals(bytes)).toBe(true);
    }
    const named = (answer: typeof fromDisk): unknown[] => NAMED_HEADERS.map((name) => answer.headers[name]);
    expect(named(fromMemory)).toEqual(named(fromDisk));
    expect(fromMemory.headers['content-type']).toBe('application/octet-stream');
    expect(fromMemory.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('resume by Range and answer to validators, also while the whole is held', async () => {
    const whole = await http.inject(path);
    const rest = await http.inject({ url: path, headers: { range: 'bytes=900-' } });
    expect([rest.statusCode, rest.headers['content-range'], rest.rawPayload.equals(bytes.subarray(900))]).toEqual([206, 'bytes 900-999/1000', true]);
    const again = await http.inject({ url: path, headers: { 'if-none-match': String(whole.headers.etag) } });
    expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
  });

  it('count what the round under way sent', async () => {
    await http.inject(path);
    await http.inject({ url: path, headers: { range: 'bytes=900-' } });
    expect(counted).toBe(1100);
  });

  it('are not there under a digest that nobody stored, nor under what is no digest', async () => {
    current = '0'.repeat(64);
    expect((await http.inject(`/checkpoints/${current}`)).statusCode).toBe(404);
    expect((await http.inject('/checkpoints/..%2Fsecret')).json()).toMatchObject({ code: 'not_found' });
  });
});
