/** One peer of the benchmark: the exchange that gossip peers use, over channels that they use, on loopback alone. */
import { generateKeyPair, sha256Hex } from '#platform/crypto';
import { createGroupExchange } from '../../../client/gossip/group-exchange.ts';
import type { Exchange } from '../../../client/gossip/exchange.ts';
import { openNodeConnection } from '../../../client/gossip/webrtc/node/node-connection.ts';
import { createWebRtcTransport } from '../../../client/gossip/webrtc/webrtc-transport.ts';
import { systemClock } from '../../../shared/clock.ts';
import { edgeIdOf } from '../../../shared/edge-id.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { findWay, wayConfigOf } from '../../../shared/gossip/registry.ts';
import { asDigest, type EdgeId } from '../../../shared/ids.ts';
import { decodeFrame } from '../../../shared/protocol/frame.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import { preparedDelta } from '../round/prepared-trainer.ts';
import { benchLayout } from '../round/task.ts';
import { createDirectNetwork, type DirectNetwork, type DirectSignal } from './direct-network.ts';
import { createPlainExchange, type PlainExchange } from './plain-exchange.ts';
import { gossipBenchTask } from './task.ts';

export interface PeerShape {
  readonly peers: number;
  readonly parameters: number;
  readonly patienceMs: number;
}

/** By a clock that all processes of the machine share; milliseconds. */
export interface PeerRound {
  readonly begun: number;
  readonly ended: number;
  readonly merged: number;
  readonly bytes: number;
}

export type PeerOrders = {
  start: { payload: PeerShape & { readonly number: number }; answer: { readonly id: EdgeId; readonly port: number } };
  /** Answers when there is a channel, and a plain socket, to each. */
  connect: { payload: { readonly ids: readonly EdgeId[]; readonly ports: readonly number[] }; answer: null };
  /** Signals for others, as soon as there are any; null: the peer is connected, and no more will come. */
  signals: { payload: null; answer: readonly { readonly to: EdgeId; readonly signal: DirectSignal }[] | null };
  signal: { payload: { readonly from: EdgeId; readonly signal: DirectSignal }; answer: null };
  turn: { payload: { readonly round: number }; answer: PeerRound };
  /** The same over the plain sockets. */
  plain: { payload: { readonly round: number }; answer: PeerRound };
  /** SHA-256 of what the peer holds after the last exchange of each kind. */
  digests: { payload: null; answer: { readonly ours: string; readonly plain: string } };
};
export type PeerProcess = BenchProcess<PeerOrders>;

interface Peer {
  readonly id: EdgeId;
  readonly number: number;
  readonly direct: DirectNetwork;
  readonly exchange: Exchange;
  readonly plain: PlainExchange;
  /** Two models, in turn: a mean of the round before would be seen. */
  readonly models: readonly [Float32Array, Float32Array];
}

const identity = generateKeyPair();
const transport = createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, bindAddress: '127.0.0.1' });
const now = (): number => performance.timeOrigin + performance.now();
let peer: Peer | null = null;
let posted: { readonly to: EdgeId; readonly signal: DirectSignal }[] = [];
let wakeSignals: (() => void) | null = null;
let connected = false;

// As an agent's process does.
keepHeapSlack();

function started(): Peer {
  if (peer === null) throw new MurmurError('internal', 'the peer has not started');
  return peer;
}

function post(to: EdgeId, signal: DirectSignal): void {
  posted.push({ to, signal });
  wakeSignals?.();
}

const digestOf = (values: Float32Array): string => sha256Hex(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

serveOrders<PeerOrders>(
  {
    async start({ peers, parameters, patienceMs, number }) {
      const layout = benchLayout(parameters);
      const task = gossipBenchTask(peers, patienceMs);
      const way = findWay(task.gossip.way.name);
      if (way.kind !== 'group') throw new MurmurError('internal', 'the benchmark averages in groups');
      const direct = createDirectNetwork({ identity, transport, swarm: asDigest('0'.repeat(64)), post });
      const exchange = createGroupExchange({ task, way, config: wayConfigOf(task.gossip.way), layout, initial: new Float32Array(parameters), network: direct.network, clock: systemClock });
      // As a gossip peer passes them on.
      direct.network.onFrame((from, frame) => exchange.onFrame(from, decodeFrame(frame)));
      direct.network.onNeighbour(({ peer: gone, is }) => {
        if (is === 'gone') exchange.gone(gone);
      });
      const plain = await createPlainExchange(number, peers, parameters);
      peer = { id: edgeIdOf(identity.publicKey), number, direct, exchange, plain, models: [preparedDelta(parameters, 2 * number + 1), preparedDelta(parameters, 2 * number + 2)] };
      return { id: peer.id, port: plain.port };
    },
    async connect({ ids, ports }) {
      await Promise.all([started().direct.connect(ids), started().plain.connect(ports)]);
      connected = true;
      wakeSignals?.();
      return null;
    },
    async signals() {
      if (posted.length === 0 && !connected) await new Promise<void>((resolve) => (wakeSignals = resolve));
      wakeSignals = null;
      const taken = posted;
      posted = [];
      return taken.length === 0 ? null : taken;
    },
    async signal({ from, signal }) {
      started().direct.onSignal(from, signal);
      return null;
    },
    async turn({ round }) {
      const { exchange, direct, models } = started();
      exchange.learned(models[round % 2], 100);
      const before = direct.bytesSent;
      const begun = now();
      const { merged } = await exchange.turn(round, new AbortController().signal);
      return { begun, ended: now(), merged: merged.length, bytes: direct.bytesSent - before };
    },
    async plain({ round }) {
      const { plain, models } = started();
      const begun = now();
      const bytes = await plain.average(models[round % 2]);
      return { begun, ended: now(), merged: plain.peers - 1, bytes };
    },
    async digests() {
      return { ours: digestOf(started().exchange.parameters), plain: digestOf(started().plain.mean) };
    },
  },
  async () => {
    started().plain.stop();
    await transport.stop();
  },
);
