/** What every `PeerTransport` and the channels over its wires promise. Run it over a new transport with `transportConformance(name, create)`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannel, type Channel, type ChannelOptions } from '../../client/gossip/channel.ts';
import type { PeerTransport, Wire, WireKind } from '../../client/gossip/wire.ts';
import { systemClock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createSignalling, type SignallingPair } from '../helpers/signalling.ts';

export interface TransportUnderTest {
  readonly near: PeerTransport;
  readonly far: PeerTransport;
  readonly signalling?: () => SignallingPair;
  dispose(): Promise<void>;
}

const code = (name: string): unknown => expect.objectContaining({ name: 'MurmurError', code: name });
const never = (): AbortSignal => new AbortController().signal;
const MIB = 2 ** 20;

/** Bytes that differ from place to place, and from frame to frame. */
export function patterned(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed * 101) & 255;
  return bytes;
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

/** Frames as they come, each to be waited for. */
export function frames(channel: Channel): { next(): Promise<Uint8Array>; readonly waiting: number } {
  const come: Uint8Array[] = [];
  const wanted: ((frame: Uint8Array) => void)[] = [];
  channel.onFrame((frame) => {
    const want = wanted.shift();
    if (want) want(frame);
    else come.push(frame);
  });
  return {
    next: () => new Promise((resolve) => {
      const frame = come.shift();
      if (frame) resolve(frame);
      else wanted.push(resolve);
    }),
    get waiting() {
      return come.length;
    },
  };
}

const closing = (of: { onClose(handler: (reason: string) => void): void }): Promise<string> => new Promise((resolve) => of.onClose(resolve));

export function transportConformance(name: string, kind: WireKind, create: () => Promise<TransportUnderTest>): void {
  describe(`transport: ${name}`, () => {
    let under: TransportUnderTest;
    beforeEach(async () => {
      under = await create();
    });
    afterEach(() => under.dispose());

    const pairOf = (): SignallingPair => (under.signalling ?? createSignalling)();

    async function wires(): Promise<[Wire, Wire]> {
      const { near, far } = pairOf();
      return Promise.all([under.near.open(near, never()), under.far.answer(far, never())]);
    }

    async function channels(options: Partial<ChannelOptions> = {}): Promise<[Channel, Channel]> {
      const [near, far] = await wires();
      return [createChannel(near, { clock: systemClock, ...options }), createChannel(far, { clock: systemClock, ...options })];
    }

    describe('a wire', () => {
      it('is of its transport’s kind, has messages of 16 to 64 KiB, and a binding that both ends know', async () => {
        const [near, far] = await wires();
        for (const wire of [near, far]) {
          expect(wire.kind).toBe(kind);
          expect(wire.maxMessageBytes).toBeGreaterThanOrEqual(2 ** 14);
          expect(wire.maxMessageBytes).toBeLessThanOrEqual(2 ** 16);
          expect(wire.closed).toBe(false);
        }
        expect(near.binding).toBe(far.binding);
      });

      it('has another binding than every other wire, where it has one', async () => {
        const [[one], [other]] = [await wires(), await wires()];
        if (one.binding !== '') expect(one.binding).not.toBe(other.binding);
      });

      it('carries messages in order, those of no and of most bytes among them, and takes their bytes at once', async () => {
        const [near, far] = await wires();
        const lengths = [1, 0, far.maxMessageBytes, 7, 0, 100];
        const came: Uint8Array[] = [];
        const all = new Promise<void>((resolve) => far.onMessage((message) => {
          came.push(message);
          if (came.length === lengths.length) resolve();
        }));
        const scratch = new Uint8Array(near.maxMessageBytes);
        for (const [i, length] of lengths.entries()) {
          scratch.set(patterned(length, i));
          near.send(scratch.subarray(0, length));
        }
        scratch.fill(255);
        await all;
        expect(came.map((message) => message.byteLength)).toEqual(lengths);
        came.forEach((message, i) => expect(sameBytes(message, patterned(lengths[i], i))).toBe(true));
      });

      it('keeps messages while nobody takes them, and hands over between two who do', async () => {
        const [near, far] = await wires();
        const first: number[] = [];
        const handedOver = new Promise<void>((resolve) => far.onMessage(([byte]) => {
          first.push(byte);
          far.onMessage(null);
          resolve();
        }));
        for (const byte of [1, 2, 3]) near.send(Uint8Array.of(byte));
        await handedOver;
        const second = await new Promise<number[]>((resolve) => {
          const come: number[] = [];
          far.onMessage(([byte]) => {
            come.push(byte);
            if (come.length === 2) resolve(come);
          });
        });
        expect([first, second]).toEqual([[1], [2, 3]]);
      });

      it('refuses a message that is too long, and lives on', async () => {
        const [near, far] = await wires();
        expect(() => near.send(new Uint8Array(near.maxMessageBytes + 1))).toThrow(code('too_large'));
        const came = new Promise<Uint8Array>((resolve) => far.onMessage(resolve));
        near.send(Uint8Array.of(5));
        expect([...(await came)]).toEqual([5]);
      });

      it('tells when what it held has left', async () => {
        const [near, far] = await wires();
        far.onMessage(() => undefined);
        const drained = new Promise<number>((resolve) => near.onDrained(1000, () => resolve(near.bufferedAmount)));
        for (let i = 0; i < 64; i++) near.send(new Uint8Array(near.maxMessageBytes));
        expect(near.bufferedAmount).toBeGreaterThan(1000);
        expect(await drained).toBeLessThanOrEqual(1000);
      });

      it.each(['near', 'far'] as const)('closes at the wish of the %s side, behind what was sent before', async (side) => {
        const [near, far] = await wires();
        const [closer, other] = side === 'near' ? [near, far] : [far, near];
        const came: number[] = [];
        other.onMessage(([byte]) => came.push(byte));
        const heard = closing(other);
        for (const byte of [1, 2, 3]) closer.send(Uint8Array.of(byte));
        closer.close('enough');
        expect(closer.closed).toBe(true);
        expect(await closing(closer)).toBe('enough');
        expect(await heard).not.toBe('');
        expect(came).toEqual([1, 2, 3]);
        for (const wire of [near, far]) {
          expect(wire.closed).toBe(true);
          expect(wire.bufferedAmount).toBe(0);
          expect(() => wire.send(new Uint8Array(1))).toThrow(code('disconnected'));
          wire.close();
        }
      });

      it('closes where a peer fills it while nobody takes what comes', async () => {
        const [near, far] = await wires();
        const heard = closing(far);
        const goOn = (): void => {
          while (!near.closed && near.bufferedAmount < MIB) near.send(new Uint8Array(near.maxMessageBytes));
        };
        near.onDrained(MIB / 4, goOn);
        goOn();
        expect(await heard).toMatch(/^too_large/);
      });
    });

    describe('an attempt', () => {
      it('ends when it is given up, on both sides', async () => {
        const { near, far } = pairOf();
        const stopper = new AbortController();
        const opening = under.near.open(near, stopper.signal);
        stopper.abort();
        await expect(opening).rejects.toThrow(code('aborted'));
        // Or the other side has a wire that ends as soon as it is used.
        await expect(under.far.answer(far, never()).then((wire) => {
          wire.send(new Uint8Array(1));
          return closing(wire);
        }).then(() => { throw new MurmurError('disconnected', 'it ended'); })).rejects.toThrow(code('disconnected'));
        await expect(under.near.open(pairOf().near, AbortSignal.abort())).rejects.toThrow(code('aborted'));
      });

      it('comes to one wire where both sides call', async () => {
        const { near, far } = pairOf();
        const [one, other] = await Promise.all([under.near.open(near, never()), under.far.open(far, never())]);
        const came = new Promise<Uint8Array>((resolve) => other.onMessage(resolve));
        one.send(Uint8Array.of(9));
        expect([...(await came)]).toEqual([9]);
        expect(one.binding).toBe(other.binding);
      });

      it.each([null, 7, 'offer', {}, { type: 'offer' }, { type: 'offer', sdp: 'v=0', tie: 1, packetBytes: 1280 }, { type: 'offer', sdp: 'v=0', tie: 1, packetBytes: 1 }, { type: 'candidate', candidate: 'x'.repeat(5000), mid: '0' }, { type: 'nothing' }])('ends by nonsense in place of a signal: %j', async (nonsense) => {
        const { near, far } = pairOf();
        const answering = under.near.answer(near, never());
        far.send(nonsense);
        await expect(answering).rejects.toThrow(code('bad_message'));
      });

      it('ends with its transport, as do wires', async () => {
        const [near, far] = await wires();
        const [opening, heard] = [under.near.open(pairOf().near, never()), closing(far)];
        await Promise.all([under.near.stop(), expect(opening).rejects.toThrow(code('aborted'))]);
        await heard;
        expect(near.closed).toBe(true);
        await expect(under.near.open(pairOf().near, never())).rejects.toThrow(code('aborted'));
      });
    });

    describe('a channel', () => {
      it('carries frames of every size in their order', async () => {
        const [near, far] = await channels();
        const part = 2 ** 16 - 8;
        const lengths = [0, 1, 7, 8, part - 1, part, part + 1, 2 * part, 2 * part + 1, 3 * MIB + 5, 0, 2];
        const come = frames(far);
        const sends = lengths.map((length, i) => near.send(patterned(length, i)));
        for (const [i, length] of lengths.entries()) expect(sameBytes(await come.next(), patterned(length, i))).toBe(true);
        await Promise.all(sends);
        expect(far.bytesReceived).toBe(near.bytesSent);
        expect(near.bytesSent).toBeGreaterThanOrEqual(lengths.reduce((a, b) => a + b));
        expect(far.heldBytes).toBe(0);
      });

      it('gives frames that numbers of eight bytes can be read from in place', async () => {
        const [near, far] = await channels();
        const come = frames(far);
        for (const length of [16, 200_000]) void near.send(patterned(length, 1));
        for (let i = 0; i < 2; i++) expect((await come.next()).byteOffset % 8).toBe(0);
      });

      it('carries frames both ways at once', async () => {
        const [near, far] = await channels();
        const [atNear, atFar] = [frames(near), frames(far)];
        const sends = [0, 1, 2, 3].flatMap((i) => [near.send(patterned(MIB + i, i)), far.send(patterned(MIB - i, i + 10))]);
        for (const i of [0, 1, 2, 3]) {
          expect(sameBytes(await atFar.next(), patterned(MIB + i, i))).toBe(true);
          expect(sameBytes(await atNear.next(), patterned(MIB - i, i + 10))).toBe(true);
        }
        await Promise.all(sends);
      });

      it('lets an urgent frame pass a long one, and holds no more on the wire than it may', async () => {
        const [wire, farWire] = await wires();
        const near = createChannel(wire, { clock: systemClock });
        const far = createChannel(farWire, { clock: systemClock });
        const order: string[] = [];
        const both = new Promise<void>((resolve) => far.onFrame((frame) => {
          order.push(frame.byteLength === 3 ? 'urgent' : 'long');
          if (order.length === 2) resolve();
        }));
        const long = near.send(new Uint8Array(24 * MIB));
        expect(wire.bufferedAmount).toBeLessThanOrEqual(MIB + wire.maxMessageBytes);
        let highest = 0;
        far.onSign(() => {
          highest = Math.max(highest, wire.bufferedAmount);
        });
        await near.send(Uint8Array.of(1, 2, 3), { urgent: true });
        await Promise.all([long, both]);
        expect(order).toEqual(['urgent', 'long']);
        expect(highest).toBeLessThanOrEqual(MIB + 2 * wire.maxMessageBytes);
      });

      it('tells of signs of life with each part', async () => {
        const [near, far] = await channels();
        let signs = 0;
        far.onSign(() => signs++);
        const come = frames(far);
        void near.send(new Uint8Array(10 * 2 ** 16));
        await come.next();
        expect(signs).toBeGreaterThanOrEqual(10);
      });

      it.each(['near', 'far'] as const)('closed by the %s side in the middle of a frame forgets it and rejects what waits', async (side) => {
        const [near, far] = await channels();
        const begun = new Promise<void>((resolve) => far.onSign(resolve));
        far.onFrame(() => undefined);
        const sends = [near.send(new Uint8Array(64 * MIB)), near.send(new Uint8Array(5))].map((sending) => expect(sending).rejects.toThrow(code('disconnected')));
        await begun;
        const heard = closing(side === 'near' ? far : near);
        (side === 'near' ? near : far).close('enough');
        await Promise.all([heard, ...sends]);
        expect([near.closed, far.closed, near.heldBytes, far.heldBytes]).toEqual([true, true, 0, 0]);
        await expect(near.send(new Uint8Array(1))).rejects.toThrow(code('disconnected'));
      });

      it.each([
        ['no head', Uint8Array.of(1, 0, 0), 'bad_frame'],
        ['an unknown kind', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), 'bad_frame'],
        ['an unknown lane', Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0), 'bad_frame'],
        ['something where nothing is', Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0), 'bad_frame'],
        ['a frame that goes on and never began', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 1), 'bad_frame'],
        ['more than the frame', Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 2), 'bad_frame'],
        ['nothing of a frame', Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0), 'bad_frame'],
        ['a frame longer than any', Uint8Array.of(1, 0, 0, 0, 255, 255, 255, 255, 1), 'too_large'],
      ])('is closed by a message with %s', async (_, message, expected) => {
        const [wire, farWire] = await wires();
        const far = createChannel(farWire, { clock: systemClock });
        far.onFrame(() => undefined);
        const [atFar, atNear] = [closing(far), closing(wire)];
        wire.send(message);
        expect(await atFar).toMatch(new RegExp(`^${expected}: `));
        await atNear;
      });

      it('is closed where its handler throws, and nothing else is', async () => {
        const [near, far] = await channels();
        far.onFrame(() => {
          throw new Error('no');
        });
        const heard = closing(far);
        await near.send(Uint8Array.of(1));
        expect(await heard).toBe('internal: no');
      });
    });
  });
}
