/** Wires between two processes: a frame of hundreds of megabytes in bounded memory, a process that is killed, one that ends by itself. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createChannel, type Channel } from '../../client/gossip/channel.ts';
import { openConnections, openNodeConnection } from '../../client/gossip/webrtc/node/node-connection.ts';
import { createWebRtcTransport } from '../../client/gossip/webrtc/webrtc-transport.ts';
import type { Wire } from '../../client/gossip/wire.ts';
import { systemClock } from '../../shared/clock.ts';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';
import { FAR } from '../helpers/signalling.ts';
import { frameByte, type FrameSeen } from '../helpers/wire-process-facts.ts';

const MIB = 2 ** 20;

describe('WebRTC between processes', () => {
  let script: BundledScript;
  let child: ChildProcess;
  const transport = createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, bindAddress: '127.0.0.1' });
  beforeAll(async () => {
    script = await bundleScript(new URL('../helpers/wire-process.ts', import.meta.url));
  });
  afterEach(() => void child.kill('SIGKILL'));
  afterAll(async () => {
    await transport.stop();
    await script.remove();
  });

  async function connected(): Promise<{ wire: Wire; channel: Channel; seen: () => Promise<FrameSeen> }> {
    child = fork(script.path, { execArgv: [] });
    const heard: FrameSeen[] = [];
    let want: ((seen: FrameSeen) => void) | null = null;
    let onSignal: (signal: unknown) => void = () => undefined;
    const ready = new Promise<void>((resolve) => child.on('message', (message: { signal?: unknown; seen?: FrameSeen; ready?: true }) => {
      if (message.signal !== undefined) onSignal(message.signal);
      if (message.ready) resolve();
      if (message.seen) (want ?? ((seen) => heard.push(seen)))(message.seen);
    }));
    const wire = await transport.open({
      peer: FAR,
      send: (signal) => void child.send(signal as object),
      onSignal(handler) {
        onSignal = handler;
      },
    }, new AbortController().signal);
    await ready;
    const seen = (): Promise<FrameSeen> => new Promise((resolve) => {
      const waiting = heard.shift();
      if (waiting) return resolve(waiting);
      want = (one) => {
        want = null;
        resolve(one);
      };
    });
    return { wire, channel: createChannel(wire, { clock: systemClock }), seen };
  }

  it('carries 200 MiB: the sender holds the frame and a megabyte, the receiver the frame', async () => {
    const { wire, channel, seen } = await connected();
    const frame = new Uint8Array(200 * MIB);
    for (let i = 0; i < frame.length; i++) frame[i] = frameByte(i);
    const before = process.memoryUsage.rss();
    let [peak, held] = [before, 0];
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
      held = Math.max(held, wire.bufferedAmount);
    }, 10);
    const arrived = seen();
    await channel.send(frame);
    const there = await arrived;
    clearInterval(watch);
    expect(there).toMatchObject({ length: frame.length, right: true });
    expect(held).toBeLessThanOrEqual(MIB + wire.maxMessageBytes);
    expect(peak - before).toBeLessThan(64 * MIB);
    // What came is there once, and an eighth of it was put aside before there was a place for it.
    expect(there.peak - there.before).toBeLessThan(200 * MIB * 1.125 + 64 * MIB);
    channel.close();
  }, 120_000);

  it('ends by itself, and lets both processes end, when one side closes', async () => {
    const { channel } = await connected();
    const exited = once(child, 'exit');
    channel.close('enough');
    expect((await exited)[0]).toBe(0);
    await expect.poll(openConnections, { timeout: 10_000 }).toBe(0);
  }, 60_000);

  it('hears that the other process was killed, and rejects what was being sent', async () => {
    const { channel } = await connected();
    const sending = channel.send(new Uint8Array(500 * MIB));
    child.kill('SIGKILL');
    await expect(sending).rejects.toMatchObject({ code: 'disconnected' });
    expect(channel.closed).toBe(true);
    await expect.poll(openConnections, { timeout: 10_000 }).toBe(0);
  }, 120_000);
});
