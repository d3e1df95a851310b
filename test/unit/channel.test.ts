/** What a channel holds and gives up, over wires under a virtual clock. */
import { describe, expect, it } from 'vitest';
import { bytesOnWire, createChannel, type ChannelOptions } from '../../client/gossip/channel.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { createVirtualWires } from '../../simulations/network/virtual-wires.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';

const MIB = 2 ** 20;

function connected(options: Partial<ChannelOptions> = {}) {
  const clock = createVirtualClock();
  const wires = createVirtualWires({ clock, line: { latencyMs: () => 20, bytesPerMs: () => 10_000 } });
  return { clock, wires, near: createChannel(wires.near, { clock, ...options }), far: createChannel(wires.far, { clock, ...options }), settle: <T>(promise: Promise<T>) => settledIn(clock, promise) };
}

/** The head of a frame's first message, with so many bytes behind it. */
function beginning(length: number, bytes: number, lane = 0): Uint8Array {
  const message = new Uint8Array(8 + bytes);
  message.set([1, lane]);
  new DataView(message.buffer).setUint32(4, length, true);
  return message;
}

/** Says something every 50 ms. */
function setTalking(say: () => void, clock: ReturnType<typeof connected>['clock']): { stop(): void } {
  let cancel = (): void => undefined;
  const again = (): void => {
    say();
    cancel = clock.after(50, again);
  };
  again();
  return { stop: () => cancel() };
}

describe('a channel', () => {
  it('counts what goes through it, heads included', async () => {
    const { near, far, settle } = connected();
    const lengths = [0, 1, 65_528, 65_529, 3 * MIB];
    const all = new Promise<void>((resolve) => {
      let come = 0;
      far.onFrame(() => {
        if (++come === lengths.length) resolve();
      });
    });
    await settle(Promise.all(lengths.map((length) => near.send(new Uint8Array(length)))));
    await settle(all);
    const expected = lengths.reduce((sum, length) => sum + bytesOnWire(length, 2 ** 16), 0);
    expect([near.bytesSent, far.bytesReceived]).toEqual([expected, expected]);
    expect(bytesOnWire(65_529, 2 ** 16)).toBe(65_529 + 16);
  });

  it('takes memory for what came of a frame, not for what was announced', async () => {
    const { clock, wires, far } = connected();
    far.onFrame(() => undefined);
    wires.near.send(beginning(2 ** 30, 1000));
    await clock.runUntil(() => far.bytesReceived > 0);
    expect(far.heldBytes).toBe(1000);
    wires.near.send(beginning(2 ** 22, 2000, 1));
    await clock.runUntil(() => far.bytesReceived > 3000);
    expect(far.heldBytes).toBe(3000);
    expect(far.closed).toBe(false);
  });

  it('closes where a frame that has begun does not go on', async () => {
    const { clock, wires, far } = connected({ stallMs: 5000 });
    far.onFrame(() => undefined);
    const closed = new Promise<string>((resolve) => far.onClose(resolve));
    wires.near.send(beginning(100, 50));
    expect(await settledIn(clock, closed)).toBe('timeout: nothing of a frame moved for 5000 ms');
    expect(far.heldBytes).toBe(0);
    expect(clock.now()).toBeGreaterThanOrEqual(5000);
    expect(clock.now()).toBeLessThanOrEqual(10_100);
  });

  it('gives up a send on a wire that stalls in silence, and does not where it is only slow', async () => {
    const { clock, wires, near, far, settle } = connected({ stallMs: 500 });
    far.onFrame(() => undefined);
    // 1.7 seconds on the line.
    await settle(near.send(new Uint8Array(16 * MIB)));
    expect(clock.now()).toBeGreaterThan(1000);
    const sending = near.send(new Uint8Array(16 * MIB));
    wires.stall();
    await expect(settle(sending)).rejects.toMatchObject({ code: 'disconnected' });
    expect(near.closed).toBe(true);
  });

  it('gives up a send that the other side does not take, though that goes on sending', async () => {
    const { clock, wires, near, far, settle } = connected({ stallMs: 500 });
    let came = 0;
    near.onFrame(() => came++);
    far.onFrame(() => undefined);
    wires.stall('up');
    const talking = setTalking(() => void far.send(new Uint8Array(1)).catch(() => undefined), clock);
    await expect(settle(near.send(new Uint8Array(16 * MIB)))).rejects.toMatchObject({ code: 'disconnected' });
    talking.stop();
    expect(clock.now()).toBeLessThanOrEqual(2000);
    expect(came).toBeGreaterThan(5);
  });

  it('keeps no more urgent frames for a side that takes none than 4 MiB, and none that long', async () => {
    const { clock, wires, near, settle } = connected({ highWaterBytes: MIB });
    wires.stall('up');
    const outcomes: string[] = [];
    for (let i = 0; i < 200; i++) near.send(new Uint8Array(2 ** 16), { urgent: true }).then(() => outcomes.push('sent'), (thrown: unknown) => outcomes.push(toMurmurError(thrown).code));
    await clock.runUntil(() => outcomes.includes('unavailable'));
    // 64 of them may wait; what the wire takes, two high waters, is not counted.
    const refused = outcomes.filter((one) => one === 'unavailable').length;
    expect(refused).toBeGreaterThanOrEqual(200 - 64 - 33);
    expect(refused).toBeLessThanOrEqual(200 - 64);
    near.close();
    await expect(settle(near.send(new Uint8Array(1)))).rejects.toMatchObject({ code: 'disconnected' });

    const other = connected();
    other.far.onFrame(() => undefined);
    const closed = new Promise<string>((resolve) => other.far.onClose(resolve));
    other.wires.near.send(beginning(5 * MIB, 1000, 1));
    expect(await other.settle(closed)).toContain('too_large');
  });

  it('rejects what waits when its wire breaks, and forgets half a frame', async () => {
    const { clock, wires, near, far } = connected();
    far.onFrame(() => undefined);
    const sends = [near.send(new Uint8Array(64 * MIB)), near.send(new Uint8Array(1), { urgent: true }).then(() => near.send(new Uint8Array(3)))];
    const rejected = sends.map((sending) => expect(sending).rejects.toMatchObject({ code: 'disconnected' }));
    await clock.runUntil(() => far.bytesReceived > 10 * MIB);
    expect(far.heldBytes).toBe(64 * MIB);
    wires.break('cut');
    await Promise.all(rejected);
    expect([near.closed, far.closed, far.heldBytes, clock.pending]).toEqual([true, true, 0, 0]);
  });

  it('sends no frame that is longer than any may be, and lives on', async () => {
    const { near, far, settle } = connected({ maxFrameBytes: 100 });
    await expect(near.send(new Uint8Array(101))).rejects.toMatchObject({ code: 'too_large' });
    const come = new Promise<number>((resolve) => far.onFrame((frame) => resolve(frame.byteLength)));
    void near.send(new Uint8Array(100));
    expect(await settle(come)).toBe(100);
  });

  it('leaves no timer behind when nothing is under way', async () => {
    const { clock, near, far, settle } = connected();
    const come = new Promise<void>((resolve) => far.onFrame(() => resolve()));
    await settle(near.send(new Uint8Array(8 * MIB)));
    await settle(come);
    near.close();
    await clock.runUntil(() => false);
    expect(clock.pending).toBe(0);
    expect(clock.now()).toBeLessThan(120_000);
  });
});
