import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNpm, startScript } from '../helpers/murmur-process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-demo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('npm start', () => {
  it('runs as many rounds as it is told, and goes on from what is stored', async () => {
    const args = ['--once', '--data', join(folder, 'data'), '--port', '0', '--agents', '2', '--rounds', '1'];
    const first = startScript('start', args);
    const { url } = await first.line(({ event }) => event === 'listening');
    expect(await (await fetch(`${String(url)}/demo/data.json`)).json()).toMatchObject({ images: '/demo/images.idx', labels: '/demo/labels.idx' });
    const round = await first.line(({ event }) => event === 'round');
    expect(round).toMatchObject({ round: 1, outcome: 'committed', reported: 2 });
    const { code, last } = await first.ended;
    expect(code).toBe(0);
    expect(Object.keys(last)).toEqual(['task', 'rounds', 'accuracy', 'bytesUp', 'bytesDown', 'wallSeconds', 'digest']);
    expect(last).toMatchObject({ task: 'mnist-2nn', rounds: 1, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    // One pass over sixty thousand real digits: far above the tenth that guessing gives.
    expect(last.accuracy).toBeGreaterThan(0.7);
    expect(last.bytesUp).toBeGreaterThan(2 * 4 * 199_210);

    const second = await startScript('start', args).ended;
    expect(second.code).toBe(0);
    expect(second.last).toEqual({ ...last, wallSeconds: expect.any(Number) as number });
  }, 300_000);

  it('runs peers without a coordinator in the loop, and goes on from their models', async () => {
    const args = ['--gossip', '--once', '--data', join(folder, 'gossip'), '--port', '0', '--agents', '2', '--rounds', '2'];
    const first = startScript('start', args);
    const { url } = await first.line(({ event }) => event === 'listening');
    expect((await fetch(`${String(url)}/join?mode=gossip`)).status).toBe(200);
    const { pids } = await first.line(({ event }) => event === 'fleet');
    expect(await first.line(({ event, round }) => event === 'swarm' && round === 2)).toMatchObject({ peers: 2, links: 1, relayed: 0 });
    const { code, last } = await first.ended;
    expect(code).toBe(0);
    expect(Object.keys(last)).toEqual(['task', 'rounds', 'accuracy', 'bytesUp', 'bytesDown', 'wallSeconds', 'digest']);
    expect(last).toMatchObject({ task: 'mnist-gossip', rounds: 2, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(last.accuracy).toBeGreaterThan(0.7);
    // Each sent its model to the other in each round.
    expect(last.bytesUp).toBeGreaterThan(2 * 2 * 4 * 199_210);
    expect((pids as number[]).filter(isAlive)).toEqual([]);

    // The models were kept: they are measured, and nothing is learned.
    const second = await startScript('start', args).ended;
    expect(second.code).toBe(0);
    expect(second.last).toMatchObject({ rounds: 2, accuracy: last.accuracy, digest: last.digest });
  }, 300_000);

  it('leaves no process behind, neither after Ctrl-C nor when it is killed', async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const demo = startScript('start', ['--data', join(folder, signal), '--port', '0', '--agents', '2']);
      const fleet = await demo.line(({ event }) => event === 'fleet');
      const pids = fleet.pids as number[];
      expect(pids).toHaveLength(2);
      expect(pids.every(isAlive)).toBe(true);
      demo.child.kill(signal);
      const { code } = await demo.ended;
      expect(code).toBe(signal === 'SIGINT' ? 0 : null);
      // Killed, it cannot wait for them: they notice that their parent is gone.
      while (pids.some(isAlive)) await new Promise((resolve) => setImmediate(resolve));
    }
  }, 120_000);

  it.each(['SIGINT', 'SIGTERM'] as const)('ends in order on a %s that reaches npm alone', async (signal) => {
    const demo = startNpm('start', ['--data', join(folder, `npm-${signal}`), '--port', '0', '--agents', '1']);
    const fleet = await demo.line(({ event }) => event === 'fleet');
    demo.child.kill(signal);
    // npm hands the signal on; it ends after what it started, and with its exit code.
    expect((await demo.ended).code).toBe(0);
    expect((fleet.pids as number[]).some(isAlive)).toBe(false);
  }, 120_000);

  it('names a port that is taken, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as AddressInfo;
      const { code, last } = await startScript('start', ['--once', '--data', join(folder, 'taken'), '--port', String(port)]).ended;
      expect(code).toBe(1);
      expect(last).toMatchObject({ ok: false, error: { message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*--port`)) as string } });
    } finally {
      other.close();
    }
  }, 60_000);

  it('ends with 2 for wrong usage', async () => {
    expect(await startScript('start', ['--agents', 'many']).ended).toMatchObject({ code: 2, last: { error: { code: 'bad_usage' } } });
  }, 60_000);
});
