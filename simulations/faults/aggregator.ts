/** An edge aggregator between some of the edges and the coordinator: takes their reports in, forwards them as one accumulator. */
import { sign } from '#platform/crypto';
import { createEdgeAggregator, type EdgeAggregator } from '../../client/edge/edge-aggregator.ts';
import { isMurmurError, toMurmurError, type MurmurError } from '../../shared/errors.ts';
import { sleep } from '../../shared/clock.ts';
import { toHex } from '../../shared/hex.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { challengeText, CHUNK_BYTES, CHUNK_WINDOW, PROTOCOL, type EdgeToCoordinator, type ReportOutcome, type ReportReply } from '../../shared/protocol/messages.ts';
import type { Host } from './host.ts';
import { roundOf } from './ledger.ts';
import { identityOf, LAYOUT, LINE, SCHEMA } from './world.ts';

/** How long it gathers before it forwards, and how long it waits before it tries again. */
const GATHER_MS = 60;
const AGAIN_MS = 300;
/** After so many vain attempts it gives its round up. */
const ATTEMPTS = 12;

export interface FaultyAggregator {
  /** Takes an edge's report in, and answers when the coordinator has. */
  report(assignment: AssignmentId, frame: Uint8Array): Promise<ReportReply>;
}

interface RoundBelow {
  readonly aggregator: EdgeAggregator;
  /** Those who wait for an answer: a report may come twice. */
  readonly waiting: Map<AssignmentId, ((outcome: ReportOutcome | MurmurError) => void)[]>;
  forwarding: boolean;
}

export function createFaultyAggregator(host: Host, connect: () => Promise<Link<EdgeToCoordinator>>): FaultyAggregator {
  const identity = identityOf('aggregator');
  const rounds = new Map<number, RoundBelow>();
  let link: Link<EdgeToCoordinator> | null = null;

  async function openLink(): Promise<Link<EdgeToCoordinator>> {
    if (link && !link.closed) return link;
    const opened = await connect();
    const signed = (purpose: 'enrol' | 'authenticate', challenge: string): string => toHex(sign(challengeText(purpose, challenge), identity.secretKey));
    const { challenge } = await opened.request('hello', { protocol: { ...PROTOCOL }, software: 'murmuration' });
    await opened.request('enrol', { token: 'admin', publicKey: toHex(identity.publicKey), signature: signed('enrol', challenge), name: 'aggregator', role: 'aggregator' });
    await opened.request('authenticate', { edge: identity.id, signature: signed('authenticate', challenge) });
    opened.onRequest(() => Promise.resolve({}));
    link = opened;
    return opened;
  }

  async function forward(below: RoundBelow): Promise<void> {
    const answer = (ids: Iterable<AssignmentId>, outcome: ReportOutcome | MurmurError): void => {
      for (const id of ids) {
        below.waiting.get(id)?.forEach((resolve) => resolve(outcome));
        below.waiting.delete(id);
      }
    };
    for (let attempt = 0; below.waiting.size > 0; attempt++) {
      await sleep(host.clock, attempt === 0 ? GATHER_MS : AGAIN_MS);
      try {
        const { outcome, contains, leftOut } = await below.aggregator.forward(await openLink(), { chunkBytes: CHUNK_BYTES, chunkWindow: CHUNK_WINDOW });
        answer(contains, outcome);
        // Counted by another way, or over: the edge has nothing more to do either way.
        answer(leftOut, 'late');
      } catch (thrown) {
        const error = toMurmurError(thrown);
        if (error.code === 'not_authenticated') link?.close();
        const final = !error.retryable && error.code !== 'not_authenticated' && error.code !== 'bad_signature';
        if (!final && attempt < ATTEMPTS) continue;
        answer([...below.waiting.keys()], error);
        rounds.forEach((one, round) => {
          if (one === below) rounds.delete(round);
        });
        return;
      }
    }
  }

  return {
    async report(assignment, frame) {
      const round = roundOf(assignment);
      const below: RoundBelow = rounds.get(round) ?? { aggregator: createEdgeAggregator({ task: LINE, round, layout: LAYOUT.digest, schema: SCHEMA }), waiting: new Map(), forwarding: false };
      rounds.set(round, below);
      if (below.aggregator.add(frame) === 'duplicate' && !below.aggregator.waiting.includes(assignment)) return { outcome: 'duplicate', comeBackAfterMs: 0 };
      const outcome = await new Promise<ReportOutcome | MurmurError>((resolve) => {
        below.waiting.set(assignment, [...(below.waiting.get(assignment) ?? []), resolve]);
        if (below.forwarding) return;
        below.forwarding = true;
        void forward(below).finally(() => {
          below.forwarding = false;
        });
      });
      if (isMurmurError(outcome)) throw outcome;
      return { outcome, comeBackAfterMs: 0 };
    },
  };
}

/** The link of an edge below: its reports go to the aggregator, and now and then straight to the coordinator, too. */
export function throughAggregator(inner: Link<EdgeToCoordinator>, aggregator: FaultyAggregator, alsoDirectly: () => boolean): Link<EdgeToCoordinator> {
  return {
    get closed() {
      return inner.closed;
    },
    async request<Type extends keyof EdgeToCoordinator & string>(type: Type, payload: EdgeToCoordinator[Type]['request'], settings?: { readonly timeoutMs?: number }) {
      if (type !== 'report') return inner.request(type, payload, settings);
      const { assignment, frame } = payload as EdgeToCoordinator['report']['request'] & { assignment: AssignmentId };
      if (alsoDirectly()) inner.request('report', { assignment, frame }).catch(() => undefined);
      return (await aggregator.report(assignment, frame.slice())) as EdgeToCoordinator[Type]['reply'];
    },
    onRequest: (handler) => inner.onRequest(handler),
    onClose: (handler) => inner.onClose(handler),
    close: (reason) => inner.close(reason),
  };
}
