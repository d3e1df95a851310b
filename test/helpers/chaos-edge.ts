/** An edge of a federation in memory that loses its link, vanishes, comes back, says things twice and says old things again. */
import type { generateKeyPair } from '#platform/crypto';
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeSession, EdgeSessionOptions } from '../../client/edge/session-options.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator, ReportReply } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Acknowledged, Pairs } from './chaos-checks.ts';
import { createToyTrainer } from './toy-trainer.ts';
import { PLUGGED_IN } from './virtual-federation.ts';

export interface ChaosEdgeOptions {
  readonly name: string;
  readonly examples: Pairs;
  readonly identity: ReturnType<typeof generateKeyPair>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly connect: () => Promise<Link<EdgeToCoordinator>>;
  readonly checkpoints: EdgeSessionOptions['checkpoints'];
  readonly trainingMs: () => number;
  /** How often a report is said twice, or an old one again, in [0, 1]. */
  readonly repeats: number;
}

export interface ChaosEdge {
  readonly session: EdgeSession;
  readonly acknowledged: readonly Acknowledged[];
  /** What repeats were answered with that they must not be. */
  readonly violations: readonly string[];
  readonly counts: { readonly repeats: number; readonly reports: number };
  cutLink(): void;
  /** Nothing of it reaches the coordinator until it comes back. */
  vanish(): void;
  comeBack(): void;
}

export function createChaosEdge(options: ChaosEdgeOptions): ChaosEdge {
  const { clock, random } = options;
  const acknowledged: Acknowledged[] = [];
  const violations: string[] = [];
  const counts = { repeats: 0, reports: 0 };
  const sent: { readonly assignment: AssignmentId; readonly frame: Uint8Array }[] = [];
  let link: Link<EdgeToCoordinator> | null = null;
  let gone = false;

  function noteReply(assignment: AssignmentId, { outcome }: ReportReply): void {
    const round = Number(assignment.split('.')[1]);
    if (outcome !== 'late' && session.edge !== null) acknowledged.push({ edge: session.edge, round, assignment });
  }

  /** The link as the session has it; reports are watched, repeated and remembered. */
  function wrapped(inner: Link<EdgeToCoordinator>): Link<EdgeToCoordinator> {
    const repeat = async (assignment: AssignmentId, frame: Uint8Array): Promise<void> => {
      counts.repeats++;
      const wasIn = acknowledged.some((one) => one.assignment === assignment);
      const reply = await inner.request('report', { assignment, frame });
      noteReply(assignment, reply);
      if (wasIn && reply.outcome !== 'duplicate') violations.push(`${assignment} was acknowledged before and is now answered with ${reply.outcome}`);
    };
    return {
      get closed() {
        return inner.closed;
      },
      async request(type, payload, settings) {
        if (type === 'checkIn' && sent.length > 0 && random.next() < options.repeats) {
          const old = sent[random.int(sent.length)];
          void repeat(old.assignment, old.frame).catch(() => undefined);
        }
        if (type !== 'report') return inner.request(type, payload, settings);
        counts.reports++;
        const { assignment, frame } = payload as { assignment: AssignmentId; frame: Uint8Array };
        sent.push({ assignment, frame });
        const reply = inner.request(type, payload, settings);
        if (random.next() < options.repeats) void repeat(assignment, frame).catch(() => undefined);
        noteReply(assignment, (await reply) as ReportReply);
        return reply;
      },
      onRequest: (handler) => inner.onRequest(handler),
      onClose: (handler) => inner.onClose(handler),
      close: (reason) => inner.close(reason),
    };
  }

  const session = createEdgeSession({
    async connect() {
      if (gone) throw new MurmurError('disconnected', 'out of reach');
      link = wrapped(await options.connect());
      return link;
    },
    identity: options.identity,
    name: options.name,
    enrolmentToken: 'enrol',
    checkpoints: {
      fetch: (digest, bytes, signal) => (gone ? Promise.reject(new MurmurError('disconnected', 'out of reach')) : options.checkpoints.fetch(digest, bytes, signal)),
    },
    conditions: { read: () => Promise.resolve(PLUGGED_IN) },
    capabilities: () => Promise.resolve({ platform: 'simulated', backend: 'cpu', stepsPerSecond: 100 }),
    datasetFor: () => ({ name: 'toy', load: () => Promise.resolve(toyDataset(options.examples)) }),
    createTrainer: () => {
      const trainer = createToyTrainer(options.examples);
      const train: typeof trainer.train = async (given) => {
        await new Promise<void>((resolve) => {
          clock.after(options.trainingMs(), resolve);
        });
        return trainer.train(given);
      };
      return Promise.resolve({ ...trainer, train });
    },
    state: { load: () => Promise.resolve(null), save: () => Promise.resolve() },
    clock, random: random.fork('session'), logger: silentLogger,
  });

  return {
    session, acknowledged, violations, counts,
    cutLink: () => link?.close('the link broke'),
    vanish() {
      gone = true;
      link?.close('it vanished');
    },
    comeBack() {
      gone = false;
    },
  };
}

export function toyDataset(examples: Pairs) {
  return {
    source: 'toy', validation: null,
    train: { size: examples.length, inputs: Float32Array.from(examples, ([x]) => x), inputShape: [1], scale: 1, labels: Float32Array.from(examples, ([, y]) => y), labelShape: [1] },
  };
}
