/** A turn of a way in which groups of peers come to the exact mean of what they hold (`group-step.ts`), and what lies between turns. */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { COMPLETED, DONE, encodeCompleted, GROUP, keyOf, readAttempt, readCompleted, readGroup, readSlice, SLICE, WAITING } from '../../shared/gossip/group-frames.ts';
import type { GroupWay } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { DecodedFrame } from '../../shared/protocol/frame.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import { roundToFollow } from './common-round.ts';
import type { Exchange } from './exchange.ts';
import { createGroupStep, type GroupStep, type Incoming } from './group-step.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { PeerNetwork } from './peer-network.ts';

export interface GroupExchangeOptions {
  readonly task: GossipTask;
  readonly way: GroupWay;
  readonly config: unknown;
  readonly layout: Layout;
  readonly initial: Float32Array;
  readonly network: PeerNetwork;
  readonly clock: Clock;
  /** A peer broke the protocol, which was seen only after its frame was taken. */
  readonly onRefused?: (from: EdgeId, thrown: unknown) => void;
}

/** Rounds of which a peer remembers how they ended, for those who ask later. */
const REMEMBERED = 16;

export function createGroupExchange({ task, way, config, layout, initial, network, clock, onRefused = () => undefined }: GroupExchangeOptions): Exchange {
  const { self } = network;
  const plan = way.plan(config);
  const { maxWeight, maxNorm } = task.limits;
  const patienceMs = task.gossip.patienceSeconds * 1000;
  const incoming = new Map<EdgeId, Incoming>();
  const outboxes = new Map<EdgeId, Outbox>();
  /** From which round on peers take part, as far as they said so. */
  const begun = new Map<EdgeId, number | null>();
  /** Peers that were waited for in vain, until they are heard of. */
  const silent = new Set<EdgeId>();
  /** The attempt by which a round ended; null: none. */
  const endings = new Map<number, string | null>();
  let parameters = initial;
  let weight = 1;
  /** The latest round that each peer was heard to be in. */
  const latest = new Map<EdgeId, number>();
  let lastRound = 0;
  /** It has a model of its own to average: from then on it takes part in whatever round comes. */
  let hasBegun = false;
  let step: GroupStep | null = null;
  let isOver = false;

  const mostPieces = 2 * (Math.ceil(layout.size / plan.pieceValues) + 64);

  function post(to: EdgeId, make: () => Uint8Array, wanted: () => boolean): void {
    const known = outboxes.get(to);
    if (known !== undefined) return known.push(make, wanted);
    const outbox = createOutbox((frame) => network.send(to, frame), () => {
      // A peer that came back has another one.
      if (outboxes.get(to) === outbox) step?.lost(to);
    });
    outboxes.set(to, outbox);
    outbox.push(make, wanted);
  }

  const answer = (to: EdgeId, round: number): void => post(to, () => encodeCompleted(round, endings.get(round) ?? null), () => true);

  /** Whether a round may still become this peer's. Who has not begun begins with its swarm, in the first one, or comes later: then nobody is to wait for it. */
  const isAhead = (round: number): boolean => !isOver && round > lastRound && round >= (step?.round ?? 0) && (hasBegun || round === 1);

  function takesPart(peer: EdgeId, round: number): boolean {
    if (peer === self || incoming.get(peer)?.round === round) return true;
    if (silent.has(peer)) return false;
    const from = begun.get(peer);
    // In the first round those that have not begun are about to; later on they have ended, or will say when they come.
    return from === null ? round === 1 && !latest.has(peer) : (from ?? 0) <= round;
  }

  function heardGroup(from: EdgeId, frame: DecodedFrame): void {
    const { round, members } = readGroup(frame);
    if (task.stop.rounds !== null && round > task.stop.rounds) throw new MurmurError('wrong_round', `a group of round ${round}; the task has ${task.stop.rounds}`);
    if (!members.includes(from)) throw new MurmurError('bad_frame', 'a peer is a member of its own group');
    latest.set(from, Math.max(latest.get(from) ?? 0, round));
    silent.delete(from);
    if (!isAhead(round)) return answer(from, round);
    incoming.set(from, { round, members, key: keyOf(members), held: [], done: false });
    if (step?.round === round) step.heardGroup(from);
  }

  function heardSlice(from: EdgeId, frame: DecodedFrame): void {
    const slice = readSlice(frame);
    const theirs = incoming.get(from);
    // Late: of an attempt that its sender gave up since, or of a round that was over.
    if (theirs?.round !== slice.round || theirs.key !== slice.key) return;
    if (step?.round === slice.round) return step.take(from, slice);
    if (!isAhead(slice.round)) return;
    const held = theirs.held.reduce((sum, { values }) => sum + values.length, 0);
    // Of one member comes its share of what is reduced and of what is gathered, the whole vector each at the most.
    if (theirs.held.length >= mostPieces || slice.values.length > plan.pieceValues || held + slice.values.length > 2 * layout.size) throw new MurmurError('too_large', `pieces of more than the whole model, or longer than ${plan.pieceValues} values`);
    theirs.held.push(slice);
  }

  return {
    get parameters() {
      return parameters;
    },
    state: null,
    get latestRound() {
      return roundToFollow([...latest.values()], step?.round ?? lastRound);
    },
    adopt(model) {
      hasBegun = true;
      parameters = model;
    },
    learned(model, examples) {
      hasBegun = true;
      parameters = model;
      weight = plan.weights === 'uniform' ? 1 : Math.min(Math.max(examples, 1), maxWeight);
    },
    turn(round, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          now.abandon();
          step = null;
          reject(signal.reason as Error);
        };
        const group = way.group(network.members(), self, round, config).filter((peer) => takesPart(peer, round));
        const now = createGroupStep({
          round, self, group, own: parameters, weight, plan, limits: { maxWeight, maxNorm }, patienceMs, clock, post, onRefused,
          incomingOf: (peer) => incoming.get(peer),
          onSilent: (peer) => silent.add(peer),
          onEnd({ mean, missed }) {
            signal.removeEventListener('abort', onAbort);
            step = null;
            lastRound = round;
            endings.set(round, mean?.key ?? null);
            endings.delete(round - REMEMBERED);
            if (mean !== null) parameters = mean.values;
            for (const [peer, theirs] of incoming) if (theirs.round < round) incoming.delete(peer);
            resolve({ merged: (mean?.members ?? []).filter((peer) => peer !== self), missed });
          },
        });
        signal.addEventListener('abort', onAbort, { once: true });
        hasBegun = true;
        step = now;
        now.start();
      });
    },
    onFrame(from, frame) {
      switch (frame.kind) {
        case GROUP:
          return heardGroup(from, frame);
        case SLICE:
          return heardSlice(from, frame);
        case DONE: {
          const { round, key } = readAttempt(frame);
          const theirs = incoming.get(from);
          if (theirs?.round === round && theirs.key === key) theirs.done = true;
          if (step?.round === round) step.done(from, key);
          return;
        }
        case WAITING: {
          const { round, key } = readAttempt(frame);
          if (step?.round === round) step.waiting(from, key);
          return;
        }
        case COMPLETED: {
          const { round, key } = readCompleted(frame);
          if (step?.round === round) step.completed(from, key);
          return;
        }
        default:
          throw new MurmurError('bad_frame', `a group says nothing of the kind ${frame.kind}`);
      }
    },
    begins(from, round) {
      begun.set(from, round);
      if (round !== null && round > 1) latest.set(from, Math.max(latest.get(from) ?? 0, round - 1));
    },
    gone(peer) {
      begun.delete(peer);
      latest.delete(peer);
      incoming.delete(peer);
      silent.delete(peer);
      outboxes.delete(peer);
      step?.lost(peer);
    },
    // It is written to anew when a group has it again: nothing of it was lost.
    released: () => undefined,
    end() {
      isOver = true;
      for (const [peer, { round }] of incoming) if (round > lastRound) answer(peer, round);
      incoming.clear();
    },
  };
}
