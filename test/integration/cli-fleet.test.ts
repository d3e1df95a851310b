import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFleet } from '../../cli/demo/fleet.ts';
import type { Clock } from '../../shared/clock.ts';

/** Fires nothing by itself: what waits is called by the test, which sees how long it would have waited. */
function createHandClock(): Clock & { readonly waits: { readonly delayMs: number; readonly call: () => void }[]; settled(count: number): Promise<void> } {
  const waits: { readonly delayMs: number; readonly call: () => void }[] = [];
  const waiting = new Set<() => void>();
  return {
    waits,
    now: () => 0,
    after(delayMs, callback) {
      const wait = { delayMs, call: callback };
      waits.push(wait);
      waiting.forEach((look) => look());
      return () => void waits.splice(waits.indexOf(wait), 1);
    },
    settled: (count) => new Promise((resolve) => {
      const look = (): void => {
        if (waits.length >= count) resolve();
      };
      waiting.add(look);
      look();
    }),
  };
}

let folder = '';
let greetings: Server;
let port = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-fleet-'));
  greetings = createServer().listen(0, '127.0.0.1');
  await once(greetings, 'listening');
  port = (greetings.address() as AddressInfo).port;
});
afterAll(async () => {
  greetings.close();
  await rm(folder, { recursive: true, force: true });
});

async function module(name: string, text: string): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, text);
  return path;
}
const agents = (count: number) => Array.from({ length: count }, (_, i) => ({ url: 'http://127.0.0.1:1', name: `agent-${i + 1}`, dataset: 'mnist:1/1', stateFolder: folder, measurementsFolder: folder }));

it('starts a crashed agent again, waits longer each time, gives it up in the end, and says why', async () => {
  const clock = createHandClock();
  const notes: string[] = [];
  const fleet = startFleet({ agents: agents(1), clock, module: await module('crash', "console.error('first line'); console.error('no memory'); process.exitCode = 3;"), onNote: (text) => notes.push(text) });
  const delays: number[] = [];
  for (let crash = 1; crash <= 5; crash++) {
    await clock.settled(1);
    const [{ delayMs, call }] = clock.waits.splice(0);
    delays.push(delayMs);
    call();
  }
  await fleet.lost;
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000]);
  expect(notes[0]).toBe('agent-1 ended (code 3): no memory; it starts again in 1 s');
  expect(notes.at(-1)).toBe('agent-1 ended (code 3): no memory; it crashed too often and is left out');
  expect(notes).toHaveLength(6);
  expect(fleet.pids).toEqual([]);
  await fleet.stop();
}, 60_000);

it('stops those that leave when asked, and ends one that does not', async () => {
  const clock = createHandClock();
  const path = await module('stubborn', `
    import { connect } from 'node:net';
    process.once('message', ({ name }) => {
      // Keeps the process alive for as long as the test wants it.
      const socket = connect(${port}, '127.0.0.1', () => socket.write('here'));
      process.once('disconnect', () => { if (name === 'agent-1') process.exit(0); });
      process.on('SIGTERM', () => {});
    });
  `);
  let greeted = 0;
  const all = new Promise<void>((resolve) => greetings.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (++greeted === 2) resolve();
    });
  }));
  const fleet = startFleet({ agents: agents(2), clock, module: path, onNote: () => undefined });
  await all;
  expect(fleet.pids).toHaveLength(2);
  const stopped = fleet.stop();
  // Two deadlines wait; the obedient one's is cancelled when it has left.
  const stubborn = clock.waits[1];
  expect(clock.waits.map(({ delayMs }) => delayMs)).toEqual([5000, 5000]);
  stubborn.call();
  await stopped;
  expect(clock.waits).toEqual([]);
}, 60_000);
