/**
 * A peer of a gossip task: learns on its own data, comes together with its neighbours, again and again, until its task's
 * rounds are over. It knows no coordinator. Who its neighbours are, and how frames get there, is the network's business.
 */
import type { Clock } from '../../shared/clock.ts';
import { sleep } from '../../shared/clock.ts';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import { DONE } from '../../shared/gossip/group-frames.ts';
import { LETTER, LETTER_READER, type LetterReader } from '../../shared/gossip/letter-frame.ts';
import { BEGINS, encodeBegins, encodeModel, encodeModelRequest, MODEL, MODEL_REQUEST, readBegins, readModel } from '../../shared/gossip/peer-frames.ts';
import { findWay, wayConfigOf } from '../../shared/gossip/registry.ts';
import type { WayState } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { DecodedFrame } from '../../shared/protocol/frame.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import { commonRound } from './common-round.ts';
import type { GossipEvent } from './events.ts';
import type { Exchange } from './exchange.ts';
import { createGroupExchange } from './group-exchange.ts';
import { createLetterExchange } from './letter-exchange.ts';
import { createLocalLearning } from './local-learning.ts';
import type { PeerNetwork } from './peer-network.ts';
import { createStanding } from './standing.ts';

export interface GossipPeerOptions {
  readonly task: GossipTask;
  readonly network: PeerNetwork;
  readonly trainer: Trainer;
  /** The task's initial model: the same for all peers, since its seed is the task's. */
  readonly initial: Float32Array;
  /** Rounds that `initial` has behind it, where it is a model that was learned before; 0 unless said otherwise. */
  readonly behind?: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly onEvent?: (event: GossipEvent) => void;
  /**
   * Gives the event loop its turn, where it is due, after each of the peer's own: one whose model is small and which has
   * nobody to wait for would otherwise hear of nothing any more, neither of newcomers nor of its owner. Not wanted under a virtual clock.
   */
  readonly breathe?: () => Promise<void> | undefined;
  /** By itself, unless others read the same bytes. */
  readonly letters?: LetterReader;
}

export interface GossipPeer {
  readonly self: EdgeId;
  /** The last round that was ended; 0: none. */
  readonly round: number;
  /** The model as it is now: neither to be changed nor to be kept. */
  readonly parameters: Float32Array;
  /** A copy of it. */
  model(): Float32Array;
  /** What its way keeps beside it, where neighbours write letters, for who looks on: neither to be changed nor to be kept. */
  readonly wayState: WayState | null;
  /** Resolves when the task's rounds are over, or after `stop`; rejects where its training fails for good. */
  readonly finished: Promise<void>;
  start(): void;
  /** Stops learning; the network is left as it is. */
  stop(): Promise<void>;
}

/** How long a newcomer waits for the model that it asked one neighbour for, before it asks another. */
const MODEL_MS = 60_000;
/** How long it waits for a first neighbour, and for those that it has to say whether they have learned. */
const FIRST_WORDS_MS = 5_000;

export function createGossipPeer({ task, network, trainer, initial, behind = 0, clock, random, logger, onEvent = () => undefined, breathe = () => undefined, letters = LETTER_READER }: GossipPeerOptions): GossipPeer {
  const { layout } = trainer;
  const stopper = new AbortController();
  const { signal } = stopper;
  const standing = createStanding(task.gossip.robust.strikes);
  const learning = createLocalLearning(task, trainer, random.fork('learning'));
  const exchange = createExchange();
  /** Neighbours that say that they have a model which they learned. */
  const learners = new Set<EdgeId>();
  const neighbours = new Set<EdgeId>();
  /** Those of them that have said whether they have learned, and the round before the one in which they begin; 0: they have not. */
  const spoken = new Map<EdgeId, number>();
  /** Peers to which this one's model is under way: one at a time for each. */
  const served = new Set<EdgeId>();
  /** What waits for more neighbours, or for the model that was asked for. */
  let wake: (() => void) | null = null;
  let asked: { readonly of: EdgeId; readonly take: (model: { round: number; parameters: Float32Array } | null) => void } | null = null;
  let round = behind;
  /** The round of which it is known to neighbours that letters come; null: it has not begun, or has ended. */
  let writesFrom: number | null = null;
  let running: Promise<void> | null = null;
  let settleFinished: (() => void) | null = null;
  let failFinished: ((error: MurmurError) => void) | null = null;
  const finished = new Promise<void>((resolve, reject) => {
    settleFinished = resolve;
    failFinished = reject;
  });
  finished.catch(() => undefined);

  function createExchange(): Exchange {
    const way = findWay(task.gossip.way.name);
    const config = wayConfigOf(task.gossip.way);
    if (way.kind === 'letters') return createLetterExchange({ task, way, config, layout, initial, network, clock, random: random.fork('gossip'), letters, onRefused: refuse });
    return createGroupExchange({ task, way, config, layout, initial, network, clock, onRefused: refuse });
  }

  function tell(peer: EdgeId): void {
    network.send(peer, encodeBegins({ round: writesFrom === null ? null : Math.max(writesFrom, round + 1), learned: round > 0 })).catch(() => undefined);
  }

  function tellAll(): void {
    for (const peer of neighbours) tell(peer);
  }

  function take(from: EdgeId, bytes: Uint8Array): void {
    const frame = letters.decode(bytes);
    switch (frame.kind) {
      case BEGINS: {
        const begins = readBegins(frame);
        if (begins.learned) learners.add(from);
        else learners.delete(from);
        spoken.set(from, (begins.round ?? 1) - 1);
        exchange.begins(from, begins.round);
        wake?.();
        return;
      }
      case MODEL_REQUEST:
        return serve(from);
      case MODEL:
        return takeModel(from, frame);
      default:
        exchange.onFrame(from, frame);
        if (frame.kind === LETTER || frame.kind === DONE) standing.behaved(from);
    }
  }

  function serve(peer: EdgeId): void {
    if (served.has(peer)) return;
    served.add(peer);
    void network.send(peer, encodeModel(round, layout.digest, exchange.parameters)).catch(() => undefined).finally(() => served.delete(peer));
  }

  function takeModel(from: EdgeId, frame: DecodedFrame): void {
    // Nobody asked for it, or too long ago.
    if (asked?.of !== from) return;
    asked.take(readModel(frame, layout));
  }

  function refuse(from: EdgeId, thrown: unknown): void {
    const error = toMurmurError(thrown);
    const strikes = standing.strike(from);
    onEvent({ type: 'refused', from, error, strikes });
    logger.warn({ from, code: error.code, strikes }, 'a neighbour sent what cannot be merged');
    if (strikes < standing.limit) return;
    network.shun(from, error.message);
    onEvent({ type: 'shunned', peer: from, reason: error.message });
  }

  network.onFrame((from, bytes) => {
    try {
      take(from, bytes);
    } catch (thrown) {
      refuse(from, thrown);
    }
  });

  network.onNeighbour(({ peer, is }) => {
    if (is === 'there') {
      neighbours.add(peer);
      tell(peer);
    } else {
      neighbours.delete(peer);
      learners.delete(peer);
      spoken.delete(peer);
      if (is === 'gone') exchange.gone(peer);
      else exchange.released(peer);
      if (asked?.of === peer) asked.take(null);
    }
    wake?.();
  });

  network.onMembers?.(() => wake?.());

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        wake = null;
        reject(signal.reason as Error);
      };
      if (signal.aborted) return onAbort();
      wake = () => {
        if (!holds()) return;
        wake = null;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      wake();
    });
  }

  /** Goes on from the model of a peer that has learned already, if there is one. */
  async function begin(): Promise<void> {
    await until(() => network.members().length >= task.gossip.minimumPeers);
    await firstWords();
    for (const peer of [...learners]) {
      const model = await modelOf(peer);
      // Of a peer that has learned less than this one did before it was started again, nothing is to be had.
      if (model === null || model.round < behind) continue;
      exchange.adopt(model.parameters);
      // What most of them say, rather than the one; who says nothing of a round has ended, or is about to begin.
      const said = commonRound([...spoken.values()].filter((one) => one > 0));
      round = Math.min(Math.max(exchange.latestRound, said > 0 ? said : model.round), task.stop.rounds ?? Infinity);
      onEvent({ type: 'began', from: peer, round });
      return;
    }
    onEvent({ type: 'began', from: null, round });
  }

  /** Who begins before its neighbours have said that they learned would begin from nothing. */
  async function firstWords(): Promise<void> {
    if (task.gossip.minimumPeers < 2) return;
    let late = false;
    const cancel = clock.after(FIRST_WORDS_MS, () => {
      late = true;
      wake?.();
    });
    try {
      await until(() => late || (neighbours.size > 0 && [...neighbours].every((peer) => spoken.has(peer))));
    } finally {
      cancel();
    }
  }

  async function modelOf(peer: EdgeId): Promise<{ round: number; parameters: Float32Array } | null> {
    const waiting = new AbortController();
    const answer = new Promise<{ round: number; parameters: Float32Array } | null>((resolve) => {
      asked = { of: peer, take: resolve };
      network.send(peer, encodeModelRequest()).catch(() => resolve(null));
    });
    const timeout = sleep(clock, MODEL_MS, AbortSignal.any([signal, waiting.signal])).then(() => null);
    timeout.catch(() => undefined);
    try {
      return await Promise.race([answer, timeout]);
    } finally {
      asked = null;
      waiting.abort();
    }
  }

  async function evaluate(): Promise<number | null> {
    const { evaluateEvery } = task.gossip;
    if (evaluateEvery === 0 || round % evaluateEvery !== 0) return null;
    trainer.load(exchange.parameters);
    const { loss, accuracy } = await trainer.evaluate({ on: 'validation' });
    onEvent({ type: 'evaluated', round, loss, accuracy });
    return accuracy;
  }

  async function run(): Promise<void> {
    await begin();
    writesFrom = round + 1;
    tellAll();
    for (;;) {
      const { rounds, accuracy: target } = task.stop;
      if (rounds !== null && round >= rounds) return finish(`its ${rounds} rounds are over`);
      // Who fell behind goes on where its neighbours are: letters of rounds past are of use to nobody.
      const next = Math.max(round + 1, Math.min(exchange.latestRound, rounds ?? Infinity));
      const { parameters, loss, examples } = await learning.learn(exchange.parameters, next, signal);
      exchange.learned(parameters, examples);
      const { merged, missed } = await exchange.turn(next, signal);
      round = next;
      onEvent({ type: 'turn', round, loss, examples, merged, missed });
      const accuracy = await evaluate();
      await breathe();
      if (target !== null && accuracy !== null && accuracy >= target) return finish(`its held-out examples are read rightly to ${target}`);
    }
  }

  function finish(reason: string): void {
    writesFrom = null;
    exchange.end();
    tellAll();
    onEvent({ type: 'finished', round, reason });
    settleFinished?.();
  }

  return {
    self: network.self,
    get round() {
      return round;
    },
    get parameters() {
      return exchange.parameters;
    },
    model: () => exchange.parameters.slice(),
    get wayState() {
      return exchange.state;
    },
    finished,
    start() {
      running ??= run().catch((thrown: unknown) => {
        if (signal.aborted) return settleFinished?.();
        const error = isMurmurError(thrown) ? thrown : toMurmurError(thrown);
        onEvent({ type: 'error', error });
        failFinished?.(error);
      });
    },
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the peer was stopped'));
      await running;
      settleFinished?.();
    },
  };
}
