/** An edge that the test speaks for by hand, over any link: it keeps every promise of the protocol but those that the test breaks. */
import { generateKeyPair, sign } from '#platform/crypto';
import { toHex } from '../../shared/hex.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { challengeText, coordinatorRequests, PROTOCOL, type Assign, type EdgeToCoordinator, type ReportReply } from '../../shared/protocol/messages.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import type { Statistic } from '../../shared/statistics/statistic.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

export type KeyPair = ReturnType<typeof generateKeyPair>;
export type EdgeLink = Link<EdgeToCoordinator>;

export const IDLE_MACHINE: Conditions = { ...UNKNOWN_CONDITIONS, battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0 };

export interface HandEdge {
  readonly edge: EdgeId;
  readonly keys: KeyPair;
  readonly link: EdgeLink;
  /** Everything that the coordinator asked of this edge. */
  readonly heard: readonly { readonly type: string; readonly payload: unknown }[];
  checkIn(task: TaskId, examples?: number): Promise<void>;
  /** The next offer that was not asked for yet; it is accepted. */
  nextAssign(): Promise<Assign>;
  report(assignment: AssignmentId, frame: Uint8Array): Promise<ReportReply>;
}

export interface HandEdgeOptions {
  readonly keys?: KeyPair;
  readonly token?: string;
  readonly role?: 'edge' | 'aggregator';
  readonly name?: string;
}

export function hello(link: EdgeLink, major: number = PROTOCOL.major): Promise<EdgeToCoordinator['hello']['reply']> {
  return link.request('hello', { protocol: { major, minor: 0 }, software: 'a test' });
}

export const signed = (purpose: 'enrol' | 'authenticate', challenge: string, { secretKey }: KeyPair): string => toHex(sign(challengeText(purpose, challenge), secretKey));

export function enrolRequest(challenge: string, keys: KeyPair, { token, role, name = 'by hand' }: HandEdgeOptions = {}): EdgeToCoordinator['enrol']['request'] {
  return { publicKey: toHex(keys.publicKey), signature: signed('enrol', challenge, keys), name, ...(role ? { role } : {}), ...(token === undefined ? {} : { token }) };
}

/** Hello, enrolment and authentication, as an honest edge does it. */
export async function openHandEdge(link: EdgeLink, options: HandEdgeOptions = {}): Promise<HandEdge> {
  const keys = options.keys ?? generateKeyPair();
  const heard: { type: string; payload: unknown }[] = [];
  const offers: Assign[] = [];
  const waiting: ((assign: Assign) => void)[] = [];
  link.onRequest(async (type, payload) => {
    heard.push({ type, payload });
    if (type !== 'assign') return {};
    const assign = coordinatorRequests.assign.parse(payload);
    const waiter = waiting.shift();
    if (waiter) waiter(assign);
    else offers.push(assign);
    return { accepted: true };
  });
  const { challenge } = await hello(link);
  const { edge } = await link.request('enrol', enrolRequest(challenge, keys, options));
  await link.request('authenticate', { edge, signature: signed('authenticate', challenge, keys) });
  return {
    edge, keys, link, heard,
    async checkIn(task, examples = 1) {
      await link.request('checkIn', { conditions: IDLE_MACHINE, capabilities: { platform: 'simulated', backend: 'cpu', stepsPerSecond: null }, tasks: [{ task, examples }] });
    },
    nextAssign() {
      const offer = offers.shift();
      return offer ? Promise.resolve(offer) : new Promise((resolve) => waiting.push(resolve));
    },
    report: (assignment, frame) => link.request('report', { assignment, frame }),
  };
}

/** A statistic of the toy line's FedAvg; halves and quarters keep every sum exact. */
export function toyStatistic(delta: readonly [number, number], weight = 1, loss = 0.5): Statistic {
  return { weight, fields: { delta: Float32Array.from(delta), trainLoss: Float64Array.of(loss), examples: Float64Array.of(weight) } };
}

export function toyReport(assignment: AssignmentId, delta: readonly [number, number], weight = 1): Uint8Array {
  return encodeReport({ assignment, layout: TOY_LAYOUT.digest, statistic: toyStatistic(delta, weight) });
}
