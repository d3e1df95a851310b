/** An edge of a simulated federation: its process starts, dies and is started again; key and stored state outlive it. */
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeSession } from '../../client/edge/session-options.ts';
import type { KeptState } from '../../client/edge/edge-state-store.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import { createToyTrainer } from '../models/toy-trainer.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { bytesFrom } from './bytes-from.ts';
import { createDownloads, type DownloadServer } from './downloads.ts';
import { createHost, NO_SKEW, type Host } from './host.ts';
import { faultsOf } from './fault.ts';
import type { FaultSchedule } from './schedule.ts';
import type { Trace } from './trace.ts';
import type { Wire } from './wire.ts';
import { datasetOf, examplesOf, identityOf, PLUGGED_IN, type KnownIdentity, type Pairs } from './world.ts';

/** How long whoever looks after an edge takes to start it again when it ended by itself. */
const SUPERVISOR_MS = 1000;

export interface FaultyEdgeOptions {
  readonly number: number;
  readonly schedule: FaultSchedule;
  readonly clock: VirtualClock;
  readonly random: RandomSource;
  readonly wire: Wire;
  readonly logger: Logger;
  readonly connect: (edge: number, host: Host) => Promise<Link<EdgeToCoordinator>>;
  readonly server: () => DownloadServer | null;
  readonly struck: (what: string) => void;
  readonly trace: Trace | null;
}

export interface FaultyEdge {
  readonly identity: KnownIdentity;
  /** The link that its session has now. */
  readonly link: () => Link<EdgeToCoordinator> | null;
  /** Of all its processes so far. */
  readonly hosts: () => readonly Host[];
  start(): void;
  cutLink(): void;
  /** Nothing of it reaches the coordinator until it comes back. */
  vanish(): void;
  comeBack(): void;
  /** Its process dies without a word; `start` begins another. */
  crash(): void;
  /** Its owner stops it in order. */
  leave(): Promise<void>;
}

interface Process {
  readonly host: Host;
  readonly session: EdgeSession;
  link: Link<EdgeToCoordinator> | null;
}

export function createFaultyEdge(options: FaultyEdgeOptions): FaultyEdge {
  const { number, schedule, clock, random, wire, trace } = options;
  const { world, faults } = schedule;
  const identity = identityOf(`edge ${number}`);
  const examples: Pairs = examplesOf(number);
  const nonsense = faultsOf(faults, 'nonsense').filter(({ edge }) => edge === number);
  const skew = faultsOf(faults, 'skew').find(({ edge }) => edge === number) ?? NO_SKEW;
  const stored = new Map<TaskId, readonly KeptState[]>();
  const training = random.fork('training');
  let trainings = 0;
  let processes = 0;
  let gone = false;
  let running: Process | null = null;
  let leaving: Promise<void> = Promise.resolve();
  const hosts: Host[] = [];

  function begin(): Process {
    const host = createHost({ clock, skew, earlyMs: world.earlyTimersMs });
    hosts.push(host);
    const own: Process = {
      host, link: null,
      session: createEdgeSession({
        async connect() {
          if (gone) throw new MurmurError('disconnected', 'out of reach');
          own.link = await options.connect(number, host);
          return own.link;
        },
        identity, name: `edge ${number}`, enrolmentToken: 'enrol',
        checkpoints: createDownloads({ host, fate: () => wire.next(number, 'checkpoint', 'reply'), takesMs: () => world.latencyMs, replyMs: world.replyMs, server: () => (gone ? null : options.server()) }),
        conditions: { read: () => Promise.resolve(PLUGGED_IN) },
        capabilities: () => Promise.resolve({ platform: 'simulated', backend: 'cpu', stepsPerSecond: 100 }),
        datasetFor: () => ({ name: 'line', load: () => Promise.resolve(datasetOf(examples)) }),
        createTrainer: () => Promise.resolve(trainer(host)),
        state: {
          load: (task) => Promise.resolve(stored.get(task) ?? []),
          save: async (task, states) => void stored.set(task, states),
        },
        clock: host.clock, random: random.fork(`session ${processes}`), randomBytes: bytesFrom(random.fork(`names ${processes++}`)), logger: options.logger,
      }),
    };
    return own;
  }

  /** The toy's own, which takes its time, and now and then gives nonsense. */
  function trainer(host: Host) {
    const plain = createToyTrainer(examples);
    let wrong: (typeof nonsense)[number] | undefined;
    return {
      ...plain,
      async train(given: Parameters<typeof plain.train>[0]) {
        const nth = ++trainings;
        wrong = nonsense.find((one) => one.nth === nth);
        const takes = world.leastTrainingMs + training.next() * Math.max(0, world.mostTrainingMs - world.leastTrainingMs);
        await new Promise<void>((resolve) => {
          host.clock.after(takes, resolve);
        });
        return plain.train(given);
      },
      async read() {
        const weights = await plain.read();
        if (!wrong) return weights;
        options.struck('nonsense');
        weights[wrong.place === 'first' ? 0 : weights.length - 1] = wrong.value === 'nan' ? Number.NaN : Infinity;
        return weights;
      },
    };
  }

  function start(): void {
    if (running) return;
    const own = begin();
    running = own;
    if (trace) trace(`edge ${number}`, 'starts');
    void own.session.start();
    // A session that nothing mends ends; whoever looks after the device starts it again.
    own.session.finished.catch((thrown: unknown) => {
      if (own.host.state === 'dead' || running !== own) return;
      if (trace) trace(`edge ${number}`, `its session ended: ${String(thrown)}`);
      running = null;
      own.host.die();
      clock.after(SUPERVISOR_MS, start);
    });
  }

  return {
    identity,
    link: () => running?.link ?? null,
    hosts: () => hosts,
    start,
    cutLink: () => running?.link?.close('the link broke'),
    vanish() {
      gone = true;
      running?.link?.close('it vanished');
    },
    comeBack() {
      gone = false;
    },
    crash() {
      const own = running;
      running = null;
      own?.host.die();
      own?.link?.close('the edge died');
    },
    leave() {
      const own = running;
      running = null;
      // Whoever asks a second time waits for the first.
      if (own) leaving = Promise.all([leaving, own.session.stop()]).then(() => undefined);
      return leaving;
    },
  };
}
