/**
 * A federation in memory whose coordinator dies and is started again on what it left: the power goes out or the
 * process is killed at a step of the disk, at a named point of a round or at an instant; meanwhile edges vanish, links
 * break and reports repeat. The same seed gives the same run.
 */
import { generateKeyPair, randomBytes } from '#platform/crypto';
import { createCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import { itemsOf } from '../../server/coordinator/chunked-list.ts';
import { ROUND_POINTS, type RoundPoint } from '../../server/coordinator/points.ts';
import type { RoundState } from '../../server/coordinator/round-state.ts';
import { createEdgeGateway } from '../../server/gateway/edge-gateway.ts';
import { createUploads } from '../../server/gateway/uploads.ts';
import { createBlobStore, type BlobStore } from '../../server/storage/blobs.ts';
import { createReportJournal } from '../../server/storage/report-journal.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { Store } from '../../server/storage/store.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { createMemoryLinks } from '../../simulations/memory-links.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom, type RandomSource } from '../../shared/random.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { findViolations, type Pairs } from './chaos-checks.ts';
import { createChaosEdge, type ChaosEdge } from './chaos-edge.ts';
import { TOY_LAYOUT } from './toy-trainer.ts';
import { toySpec } from './virtual-federation.ts';

const LINE = asTaskId('line');
/** Versions after which the task is finished. */
const ROUNDS = 3;
const LATENCY_MS = 5;
/** Virtual instants at which nothing more is broken, and at which a run that has not finished never will. */
const PEACE_MS = 200_000;
const NEVER_MS = 1_200_000;
const DEATHS = 4;

/** One run of the coordinator's process. */
interface Life {
  dead: boolean;
  readonly links: Set<Link<CoordinatorToEdge>>;
  readonly coordinator: Coordinator;
  readonly blobs: BlobStore;
}

export interface FaultRun {
  readonly violations: readonly string[];
  readonly finished: boolean;
  readonly committed: number;
  readonly aborted: number;
  /** What killed the coordinator, and in which phase the round then was. */
  readonly deaths: readonly string[];
  /** Rounds that a restart found under way, with assignments. */
  readonly resumed: number;
  readonly repeats: number;
  readonly acknowledged: number;
}

type Death = { readonly at: 'step' | 'instant'; readonly after: number } | { readonly at: 'point'; readonly point: RoundPoint; readonly after: number };

function drawDeath(random: RandomSource): Death {
  const kind = random.int(3);
  if (kind === 0) return { at: 'step', after: 1 + random.int(60) };
  if (kind === 1) return { at: 'point', point: ROUND_POINTS[random.int(ROUND_POINTS.length)], after: 1 + random.int(3) };
  return { at: 'instant', after: random.int(30_000) };
}

export async function runFaults(seed: number): Promise<FaultRun> {
  const random = createRandom(seed);
  const clock = createVirtualClock(1_000_000);
  const born = clock.now();
  const store = await openSqliteStore(':memory:');
  const fate = random.fork('fate');
  const violations: string[] = [];
  const deaths: string[] = [];
  let disk: SimulatedDisk = createSimulatedDisk({ random: random.fork('disk') });
  let life: Life | null = null;
  let lives = 0;
  let resumed = 0;
  let finished = false;
  const peaceful = (): boolean => clock.now() - born > PEACE_MS;

  function begin(death: Death | null): Life {
    const number = lives++;
    const running = disk;
    let passed = 0;
    const die = (cause: string): void => {
      if (own.dead || finished) return;
      own.dead = true;
      const phase = own.coordinator.drivers()[0]?.state().phase ?? 'starting';
      deaths.push(`${cause} in ${phase}`);
      // Killed processes leave what they wrote in the system's memory; a power cut leaves what was synced.
      disk = fate.next() < 0.5 ? running.crash() : running.kill();
      life = null;
      for (const link of [...own.links]) link.close('the coordinator died');
      clock.after(fate.int(20_000), () => void restart());
    };
    const own: Life = {
      dead: false,
      links: new Set(),
      blobs: createBlobStore(running),
      coordinator: createCoordinator({
        store: mortalStore(store, () => own.dead), blobs: createBlobStore(running), journal: createReportJournal(running),
        clock: mortalClock(clock, () => own.dead), random: random.fork(`coordinator ${number}`), randomBytes, logger: silentLogger, name: 'virtual',
        evaluator: {
          describe: () => Promise.resolve({ parameters: createParameters(TOY_LAYOUT, new Float32Array(2)), problems: [] }),
          evaluate: () => Promise.resolve(null),
          setExamples: () => Promise.resolve(),
          stop: () => Promise.resolve(),
        },
        onPoint(point) {
          if (own.dead) return;
          if (death?.at === 'point' && death.point === point && ++passed === death.after) die(point);
          // A disk that is ill for a moment: the report is refused, and sent again.
          else if (point === 'report-checked' && !peaceful() && fate.next() < 0.1) running.failNext(fate.next() < 0.5 ? 'sync' : 'write');
        },
      }),
    };
    own.coordinator.listen({ roundEnded: () => void lookWhetherFinished(), tasksChanged: () => void lookWhetherFinished() });
    if (death?.at === 'step') {
      running.watch((step) => {
        if (!own.dead && ++passed === death.after) die(step);
      });
    }
    if (death?.at === 'instant') clock.after(death.after, () => die('an instant'));
    life = own;
    return own;
  }

  async function restart(): Promise<void> {
    const left = (await store.loadState(LINE)) as RoundState | null;
    const next = begin(lives <= DEATHS ? drawDeath(fate) : null);
    await next.coordinator.start();
    if (next.dead) return;
    await lookWhetherFinished();
    const now = next.coordinator.drivers()[0]?.state();
    if (!left || !now || !['configuration', 'reporting', 'updating'].includes(left.phase)) return;
    resumed++;
    if (now.round !== left.round) violations.push(`round ${left.round} was under way, the restart goes on with round ${now.round}`);
    const ids = (state: RoundState): string => [...itemsOf(state.assignments)].map(({ id, edge }) => `${id} ${edge}`).join(', ');
    if (ids(now) !== ids(left)) violations.push(`round ${left.round} had the assignments ${ids(left)}, after the restart ${ids(now)}`);
  }

  async function lookWhetherFinished(): Promise<void> {
    if ((await store.getTask(LINE))?.status === 'finished') finished = true;
  }

  const connect = (): Promise<Link<EdgeToCoordinator>> => {
    const now = life;
    if (!now) return Promise.reject(new MurmurError('disconnected', 'nobody listens'));
    const { near, far } = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: LATENCY_MS });
    now.links.add(far);
    far.onClose(() => now.links.delete(far));
    createEdgeGateway({
      coordinator: now.coordinator, store: mortalStore(store, () => now.dead), uploads: createUploads(clock),
      enrolment: { open: false, token: 'enrol', adminToken: 'admin' }, maxReportBytes: 1 << 24, clock, logger: silentLogger,
    })(far);
    return Promise.resolve(near);
  };

  const pairs: Pairs[] = Array.from({ length: 6 }, (_, i) => Array.from({ length: 1 + (i % 3) }, () => [1 + i / 2, 3 - i] as const));
  const edges: ChaosEdge[] = pairs.map((examples, i) =>
    createChaosEdge({
      name: `edge ${i}`, examples, identity: identityOf(i), clock, random: random.fork(`edge ${i}`), connect, repeats: 0.3,
      checkpoints: { fetch: (digest) => life?.blobs.get(digest) ?? Promise.reject(new MurmurError('disconnected', 'nobody listens')) },
      trainingMs: () => 100 + fate.int(8_000),
    }),
  );

  /** Every few seconds something happens to one of the edges. */
  function trouble(): void {
    clock.after(500 + fate.int(6_000), () => {
      if (finished) return;
      if (peaceful()) {
        for (const edge of edges) edge.comeBack();
        return;
      }
      const edge = edges[fate.int(edges.length)];
      const kind = fate.int(4);
      if (kind === 0) edge.vanish();
      else if (kind === 1) edge.cutLink();
      else edge.comeBack();
      trouble();
    });
  }

  // The task is created in peace: a death before it exists could lose nothing.
  const { coordinator } = begin(null);
  await coordinator.createTask(
    toySpec({
      round: { goal: 3, minimum: 2, overSelection: 1.4, selectionSeconds: 2, configurationSeconds: 15, reportingSeconds: 40, absenceSeconds: 10, retrySeconds: 1, retryLongestSeconds: 10 },
      stop: { rounds: ROUNDS },
    }),
  );
  await coordinator.startTask(LINE);
  await coordinator.stop();
  void restart();
  for (const edge of edges) void edge.session.start();
  trouble();

  await clock.runUntil(() => finished || clock.now() - born > NEVER_MS);
  return await conclude();

  async function conclude(): Promise<FaultRun> {
    const last = life;
    let stopped = false;
    void Promise.all([...edges.map(({ session }) => session.stop()), last?.coordinator.stop()]).then(() => {
      stopped = true;
    });
    await clock.runUntil(() => stopped);
    if (!finished) violations.push(`not finished after ${NEVER_MS / 1000} s, ${(NEVER_MS - PEACE_MS) / 1000} of them in peace: ${await describe(store)}`);
    const acknowledged = edges.flatMap((edge) => edge.acknowledged);
    const examplesOf = (edge: string): Pairs => pairs[edges.findIndex(({ session }) => session.edge === edge)];
    violations.push(...edges.flatMap((edge) => edge.violations));
    violations.push(...(await findViolations({ store, blobs: createBlobStore(disk), task: LINE, examplesOf, acknowledged })));
    if (finished) {
      const segments = await createReportJournal(disk).list(LINE);
      if (segments.length > 0) violations.push(`the journal segments of rounds ${segments.join(', ')} were left behind`);
    }
    const rounds = await store.listRounds(LINE, { limit: 1000 });
    await store.close();
    return {
      violations, finished, deaths, resumed,
      committed: rounds.filter(({ outcome }) => outcome === 'committed').length,
      aborted: rounds.filter(({ outcome }) => outcome === 'aborted').length,
      repeats: edges.reduce((sum, edge) => sum + edge.counts.repeats, 0),
      acknowledged: acknowledged.length,
    };
  }
}

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** Whoever is dead gets no answer any more: nothing of it goes on behind a call. */
function mortalStore(store: Store, isDead: () => boolean): Store {
  return new Proxy(store, {
    get: (target, name: keyof Store) => (isDead() ? never : target[name].bind(target)),
  });
}

function mortalClock(clock: Clock, isDead: () => boolean): Clock {
  return {
    now: () => clock.now(),
    after: (delayMs, callback) =>
      clock.after(delayMs, () => {
        if (!isDead()) callback();
      }),
  };
}

/** Keys cost more than all else in a run, and no run depends on which they are. */
const identities: ReturnType<typeof generateKeyPair>[] = [];
const identityOf = (number: number): ReturnType<typeof generateKeyPair> => (identities[number] ??= generateKeyPair());

async function describe(store: Store): Promise<string> {
  const state = (await store.loadState(LINE)) as RoundState | null;
  const task = await store.getTask(LINE);
  return `task ${task?.status} (${task?.statusReason ?? 'no reason'}), round ${state?.round} ${state?.phase}, ${state?.open} open, ${state?.reported} reported`;
}
