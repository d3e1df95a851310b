/** Live states for tests of what shows them: each field has a plain value, and a test names what it is about. */
import type { LiveEdge, LiveRound, LiveState, LiveTask } from '../../shared/protocol/live-view.ts';
import type { LivePeer, LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';

export const LIVE_NOW = 1_750_000_000_000;

export function liveTask(fields: Partial<LiveTask> = {}): LiveTask {
  return {
    task: 'mnist-2nn',
    description: 'The FedAvg paper’s 2NN on MNIST, ten edges with Dirichlet(0.5) parts.',
    status: 'running',
    statusReason: null,
    round: 24,
    phase: 'reporting',
    phaseStartedAt: LIVE_NOW - 4_000,
    deadline: LIVE_NOW + 56_000,
    goal: 8,
    eligible: 10,
    selected: 10,
    reported: 6,
    targetAccuracy: 0.97,
    maxRounds: 200,
    version: 23,
    accuracy: 0.9612,
    loss: 0.131,
    bytesUp: 146_320_000,
    bytesDown: 183_300_000,
    startedAt: LIVE_NOW - 96_000,
    ...fields,
  };
}

export function liveConditions(fields: Partial<Conditions> = {}): Conditions {
  return { ...UNKNOWN_CONDITIONS, battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0.4, ...fields };
}

/** Edge number n: its id is what the coordinator would derive, 20 hexadecimal digits. */
export function liveEdge(n: number, fields: Partial<LiveEdge> = {}): LiveEdge {
  return {
    edge: `e${(0x9e3779b9 * (n + 1)).toString(16).padStart(20, '0').slice(0, 20)}`,
    name: `agent ${n}`,
    connected: true,
    capabilities: { platform: 'node', backend: 'wasm', stepsPerSecond: 930 },
    conditions: liveConditions(),
    examples: 6_000,
    activity: 'training',
    reason: 'selected: drawn, 10 of 10 eligible',
    contributions: 19,
    lastSeen: LIVE_NOW - 800,
    ...fields,
  };
}

export function liveRound(round: number, fields: Partial<LiveRound> = {}): LiveRound {
  return {
    round,
    outcome: 'committed',
    reason: null,
    version: round,
    accuracy: 0.98 - 0.5 * Math.exp(-round / 6),
    loss: 0.08 + 1.6 * Math.exp(-round / 5),
    trainLoss: 0.05 + 1.9 * Math.exp(-round / 4),
    eligible: 12,
    reasons: {},
    phaseMs: {},
    selected: 10,
    reported: 8,
    bytesUp: 6_384_000,
    bytesDown: 7_980_000,
    durationMs: 3_900 + 37 * (round % 7),
    endedAt: LIVE_NOW - (25 - round) * 4_000,
    ...fields,
  };
}

export function liveState(fields: Partial<LiveState> = {}): LiveState {
  const edges = fields.edges ?? [liveEdge(0), liveEdge(1)];
  return { now: LIVE_NOW, tasks: [liveTask()], edges, edgesInAll: edges.length, ...fields };
}

export const peerId = (n: number): string => `e${`${n}`.padStart(20, '0')}`;

/** Peer number n of a swarm. */
export function livePeer(n: number, fields: Partial<LivePeer> = {}): LivePeer {
  return {
    peer: peerId(n), name: `peer ${n}`, since: LIVE_NOW - 60_000, round: 5, accuracy: 0.9 + 0.0005 * n, loss: 0.2, trainLoss: 0.18, merged: [], platform: 'node', bytesSent: 8_000_000, bytesReceived: 7_900_000,
    toldAt: LIVE_NOW, ...fields,
  };
}

/** So many peers on a ring, where each is linked to some further on, too. */
export function liveSwarm(count: number, fields: Partial<LiveSwarm> = {}): LiveSwarm {
  const peers = fields.peers ?? Array.from({ length: count }, (_, n) => livePeer(n, { merged: count < 2 ? [] : [peerId((n + 1) % count)] }));
  const pairs = new Set(count < 2 ? [] : peers.flatMap((_, n) => [1, 7].map((step) => [n, (n + step) % count].sort((a, b) => a - b).join(' '))));
  const links = [...pairs].map((pair) => pair.split(' ').map(Number)).filter(([a, b]) => a !== b).map(([a, b]) => ({ a: peerId(a), b: peerId(b), kind: 'webrtc' as const }));
  return { task: 'digits', now: LIVE_NOW, peers, peersInAll: peers.length, links, consensusDistance: 0.42, measured: peers.length, ...fields };
}
