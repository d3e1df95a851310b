/**
 * The baseline: the same exchange (each peer sums one slice, everybody gets every sum) over plain TCP sockets and with a loop over
 * the numbers. Nothing is encrypted, checked, announced or repeated, and a peer that dies stops all of them.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface PlainExchange {
  readonly port: number;
  readonly peers: number;
  /** The last mean. */
  readonly mean: Float32Array;
  /** To the peers behind these ports; those with a smaller number call. */
  connect(ports: readonly number[]): Promise<void>;
  /** @returns bytes sent */
  average(values: Float32Array): Promise<number>;
  stop(): void;
}

const bytesOf = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Bytes as they come from one peer, written to where the next of them are wanted. */
interface Reader {
  read(into: Buffer): Promise<void>;
}

function readerOf(socket: Socket): Reader {
  let kept: Buffer[] = [];
  let want: { readonly into: Buffer; filled: number; readonly resolve: () => void } | null = null;
  function fill(): void {
    while (want !== null && (kept.length > 0 || want.filled === want.into.length)) {
      if (kept.length > 0) {
        const [first] = kept;
        const taken = first.copy(want.into, want.filled);
        want.filled += taken;
        kept = taken < first.length ? [first.subarray(taken), ...kept.slice(1)] : kept.slice(1);
      }
      if (want.filled < want.into.length) continue;
      const { resolve } = want;
      want = null;
      resolve();
    }
  }
  socket.on('data', (bytes: Buffer) => {
    kept.push(bytes);
    fill();
  });
  return {
    read: (into) => new Promise((resolve) => {
      want = { into, filled: 0, resolve };
      fill();
    }),
  };
}

export async function createPlainExchange(self: number, peers: number, parameters: number): Promise<PlainExchange> {
  const sockets = new Map<number, { readonly socket: Socket; readonly reader: Reader }>();
  const begin = (slice: number): number => Math.floor((slice * parameters) / peers);
  const others = Array.from({ length: peers }, (_, i) => i).filter((other) => other !== self);
  const mean = new Float32Array(parameters);
  let allHere: (() => void) | null = null;

  function add(other: number, socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    sockets.set(other, { socket, reader: readerOf(socket) });
    if (sockets.size === peers - 1) allHere?.();
  }

  const server = createServer((socket) => {
    // Who calls says its number first.
    socket.once('data', (bytes: Buffer) => add(bytes[0], socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const write = (other: number, bytes: Buffer): Promise<void> => new Promise((resolve, reject) => {
    const to = sockets.get(other);
    to?.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
  const read = async (other: number, into: Buffer): Promise<void> => sockets.get(other)?.reader.read(into);

  return {
    mean,
    peers,
    port: (server.address() as AddressInfo).port,
    connect: (ports) => new Promise((resolve) => {
      allHere = resolve;
      for (const other of others.filter((one) => one > self)) {
        const socket = connect(ports[other], '127.0.0.1', () => {
          socket.write(Uint8Array.of(self));
          add(other, socket);
        });
      }
    }),
    async average(values) {
      const own = values.subarray(begin(self), begin(self + 1));
      const sum = Float64Array.from(own);
      const sent = others.map((other) => write(other, bytesOf(values.subarray(begin(other), begin(other + 1)))));
      const parts = others.map(() => new Float32Array(own.length));
      await Promise.all(others.map((other, i) => read(other, bytesOf(parts[i]))));
      for (const part of parts) for (let i = 0; i < part.length; i++) sum[i] += part[i];
      const result = mean.subarray(begin(self), begin(self + 1));
      for (let i = 0; i < sum.length; i++) result[i] = sum[i] / peers;
      // Copied, since the next exchange may write there before it has left.
      const shared = Buffer.from(bytesOf(result));
      await Promise.all([
        ...sent,
        ...others.map((other) => write(other, shared)),
        ...others.map((other) => read(other, bytesOf(mean.subarray(begin(other), begin(other + 1))))),
      ]);
      return 4 * (parameters - own.length) + 4 * own.length * (peers - 1);
    },
    stop() {
      for (const { socket } of sockets.values()) socket.destroy();
      server.close();
    },
  };
}
