/** A turn of a way whose neighbours write letters to each other. */
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { encodeLetter, type LetterHead, type LetterReader } from '../../shared/gossip/letter-frame.ts';
import { createClipper } from '../../shared/gossip/robust/self-centered-clipping.ts';
import type { LetterWay, Posted, Received, Turn } from '../../shared/gossip/way.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { Exchange } from './exchange.ts';
import { createMailbox, type Collected } from './mailbox.ts';
import type { PeerNetwork } from './peer-network.ts';

export interface LetterExchangeOptions {
  readonly task: GossipTask;
  readonly way: LetterWay;
  readonly config: unknown;
  readonly layout: Layout;
  readonly initial: Float32Array;
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly letters: LetterReader;
  /** A letter was in order by itself, and cannot be taken all the same. */
  readonly onRefused?: (from: EdgeId, thrown: unknown) => void;
}

const ignored = (): void => undefined;
/** Ways make good for letters that were left out as they do for lost ones. */
const MOST_UNDER_WAY = 3;

export function createLetterExchange({ task, way, config, layout, initial, network, clock, random, letters, onRefused = ignored }: LetterExchangeOptions): Exchange {
  const schema: StatisticSchema = { fields: way.needs.fields(layout.size), maxWeight: task.limits.maxWeight, maxNorm: task.limits.maxNorm };
  const patienceMs = task.gossip.patienceSeconds * 1000;
  const mailbox = createMailbox(clock);
  const { clip } = task.gossip.robust;
  const clipper = clip === null || way.needs.model === null ? null : createClipper(clip, way.needs.model, way.needs.pace);
  let state = way.init(initial, config);

  /** Most ways draw nothing: a source of their own is made for those that do. */
  function turnOf(round: number): Turn {
    let own: RandomSource | null = null;
    return {
      round,
      links: network.links(round),
      get random() {
        return (own ??= random.fork(`round ${round}`));
      },
    };
  }

  function collected(turn: Turn, signal: AbortSignal): Collected | Promise<Collected> {
    if (way.needs.pace === 'own') return { received: mailbox.takeAll(), missed: [] };
    return mailbox.collect(turn.round, turn.links.from, patienceMs, signal);
  }

  /** Letters to each peer that the network has not taken yet. */
  const underWay = new Map<EdgeId, number>();

  /** Who cannot be reached is gone, and that is told otherwise. Who takes nothing gets nothing more: letters would heap up here, each of a whole model. */
  async function sendTo(peer: EdgeId, frame: Uint8Array): Promise<void> {
    const waiting = underWay.get(peer) ?? 0;
    if (waiting >= MOST_UNDER_WAY) return;
    underWay.set(peer, waiting + 1);
    await network.send(peer, frame).catch(ignored);
    const left = (underWay.get(peer) ?? 1) - 1;
    if (left > 0) underWay.set(peer, left);
    else underWay.delete(peer);
  }

  const post = (peer: EdgeId, frame: Uint8Array): void => (network.post === undefined ? void sendTo(peer, frame) : network.post(peer, frame));

  /** Nobody's letters hold a peer of its own pace back: if its own line did not, letters would heap up before it, each older than the last. */
  function sendOut(posted: readonly Posted[], head: LetterHead, signal: AbortSignal): Promise<void> | undefined {
    if (way.needs.pace === 'own') {
      const taken = posted.flatMap(({ letter, to }) => {
        const frame = encodeLetter(head, letter);
        return to.map((peer) => sendTo(peer, frame));
      });
      return atMost(clock, patienceMs, Promise.all(taken), signal);
    }
    for (const { letter, to } of posted) {
      const frame = encodeLetter(head, letter);
      for (const peer of to) post(peer, frame);
    }
    return undefined;
  }

  function takeable(received: readonly Received[]): readonly Received[] {
    return way.refuses === undefined ? received : received.filter((letter) => {
      const why = way.refuses?.(state, letter, config) ?? null;
      if (why !== null) onRefused(letter.from, new MurmurError('out_of_range', `a letter cannot be taken: ${why}`));
      return why === null;
    });
  }

  function forget(peer: EdgeId): void {
    mailbox.gone(peer);
    state = way.forget?.(state, peer, config) ?? state;
  }

  return {
    get parameters() {
      return state.parameters;
    },
    get state() {
      return state;
    },
    get latestRound() {
      return mailbox.latestRound;
    },
    adopt(parameters) {
      state = way.init(parameters, config);
    },
    learned(parameters) {
      state = way.learned(state, parameters, config);
    },
    async turn(round, signal) {
      const turn = turnOf(round);
      const sent = way.send(state, turn, config);
      state = sent.state;
      const waits = sendOut(sent.post, { round, layout: layout.digest }, signal);
      if (waits !== undefined) await waits;
      const { received: come, missed } = await collected(turn, signal);
      const received = takeable(come);
      state = way.receive(state, clipper?.clip(state.parameters, received) ?? received, turn, config);
      return { merged: received.map(({ from }: Received) => from), missed };
    },
    onFrame(from, frame) {
      const { round, statistic } = letters.read(frame, schema, layout.digest);
      if (task.stop.rounds !== null && round > task.stop.rounds) throw new MurmurError('wrong_round', `a letter of round ${round}; the task has ${task.stop.rounds}`);
      mailbox.put(from, round, statistic);
    },
    begins: (from, round) => mailbox.begins(from, round),
    gone: forget,
    released: forget,
    end: () => undefined,
  };
}

/** Waits for what is done, but no longer than that. @throws aborted */
async function atMost(clock: Clock, ms: number, done: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const waiting = sleep(clock, ms, AbortSignal.any([signal, over.signal]));
  try {
    await Promise.race([done, waiting]);
  } finally {
    over.abort();
    waiting.catch(() => undefined);
  }
}
