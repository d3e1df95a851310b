/**
 * A whole federation in memory in which everything breaks that its schedule names: the real coordinator, gateway and edge
 * sessions over a simulated disk, wire and clocks. The run depends on its schedule alone.
 */
import { itemsOf } from '../../server/coordinator/chunked-list.ts';
import type { RoundPoint } from '../../server/coordinator/points.ts';
import { isOpen, type RoundState } from '../../server/coordinator/round-state.ts';
import type { SqliteStore } from '../../server/storage/sqlite-store.ts';
import type { Store } from '../../server/storage/store.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createRandom } from '../../shared/random.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';
import { createFaultyAggregator, throughAggregator } from './aggregator.ts';
import { findViolations } from './checks.ts';
import { beginLife, type Life } from './coordinator-life.ts';
import { createFaultyEdge, type FaultyEdge } from './edges.ts';
import { createHost, NO_SKEW, type Host } from './host.ts';
import { tryToImpersonate } from './impostor.ts';
import { createLedger } from './ledger.ts';
import { findLeftovers } from './leftovers.ts';
import { faultsOf, type Fault, type FaultOf, type FaultSchedule } from './schedule.ts';
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.ts';
import type { FileStep } from './simulated-files.ts';
import { traceTo, type Trace } from './trace.ts';
import { createWire } from './wire.ts';
import { LINE, SCHEMA, specOf } from './world.ts';

/** Virtual instants at which nothing more is broken, and at which a run that has not finished never will. */
const PEACE_MS = 45_000;
const NEVER_MS = 300_000;
/** A lease, as the coordinator takes it, and a little more. */
const LEASE_MS = 30_500;
/** A longer suspension costs the coordinator its task. */
const LONG_SUSPENSION_MS = 3000;
/** How long one goes on that was taken over. */
const ZOMBIE_MS = 5000;
/** How long the owner takes to start a task again that stopped by itself. */
const OWNER_MS = 500;

export interface FaultRun {
  /** Sentences; none is the wanted answer. */
  readonly violations: readonly string[];
  readonly committed: number;
  readonly aborted: number;
  readonly acknowledged: number;
  /** Faults that struck, and what followed of them, by name. */
  readonly struck: Readonly<Record<string, number>>;
  /** Virtual milliseconds. */
  readonly tookMs: number;
}

export interface FaultRunOptions {
  /** An empty store, which is left as it is found at the end. */
  readonly store: SqliteStore;
  readonly onTrace?: (line: string) => void;
  /** Rejections that nobody handled are told to this while the run goes on. */
  readonly onUnhandled?: (listener: (thrown: unknown) => void) => () => void;
}

type Waiting = FaultOf<'crash'> | FaultOf<'suspend'>;

export async function runSchedule(schedule: FaultSchedule, { store: sqlite, onTrace, onUnhandled }: FaultRunOptions): Promise<FaultRun> {
  const { world, faults } = schedule;
  const random = createRandom(schedule.seed).fork('run');
  const clock = createVirtualClock(1_000_000_000);
  const born = clock.now();
  const elapsed = (): number => clock.now() - born;
  const trace: Trace | null = onTrace ? traceTo(onTrace, elapsed) : null;
  const violations: string[] = [];
  const struckCounts: Record<string, number> = {};
  const struck = (what: string): void => {
    struckCounts[what] = (struckCounts[what] ?? 0) + 1;
  };
  const violate = (sentence: string): void => {
    if (trace) trace('VIOLATION', sentence);
    violations.push(sentence);
  };
  const unlisten = onUnhandled?.((thrown) => violate(`nobody handled a rejection: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`));

  let disk: SimulatedDisk = createSimulatedDisk({ random: random.fork('disk') });
  let life: Life | null = null;
  const zombies = new Set<Life>();
  const everyLife: Life[] = [];
  let finished = false;
  let peace = false;
  const peaceful = (): boolean => peace;

  // ---- what strikes the coordinator ----------------------------------------------------------

  /** Crashes and suspensions that wait for a step or a point, with how often it is still to come. */
  const atStep = new Map<Waiting, number>();
  const atPoint = new Map<Waiting, number>();
  const diskFaults = new Map<FaultOf<'disk'>, number>();
  const storeFaults = new Map<FaultOf<'store'>, number>();

  function countDown<Key>(waiting: Map<Key, number>, matches: (key: Key) => boolean): Key | null {
    if (waiting.size === 0 || peace) return null;
    for (const [key, left] of waiting) {
      if (!matches(key)) continue;
      if (left > 1) waiting.set(key, left - 1);
      else {
        waiting.delete(key);
        return key;
      }
    }
    return null;
  }

  function onStep(own: Life, step: FileStep, path: string): void {
    if (own.host.state !== 'alive') return;
    if (trace) trace(nameOf(own), `disk: ${step} ${path}`);
    const failing = countDown(diskFaults, (fault) => fault.step === step);
    if (failing) {
      struck(`disk ${step}`);
      if (trace) trace(nameOf(own), `disk: ${step} FAILS with ${failing.code}`);
      own.disk.failNext(step, failing.code);
    }
    const due = countDown(atStep, () => true);
    if (due) strike(own, due, `at ${step}`);
  }

  function onPoint(own: Life, point: RoundPoint): void {
    if (trace) trace(nameOf(own), `point: ${point}`);
    const due = countDown(atPoint, (fault) => fault.point === point);
    if (due) strike(own, due, `at ${point}`);
  }

  function strike(own: Life, fault: Waiting, where: string): void {
    if (own !== life || own.host.state !== 'alive') return;
    if (fault.kind === 'crash') die(own, fault, where);
    else suspend(own, fault, where);
  }

  function die(own: Life, { power, downMs }: FaultOf<'crash'>, where: string): void {
    const phase = own.coordinator.drivers()[0]?.state().phase ?? 'starting';
    struck(`crash ${power ? 'power' : 'kill'}`);
    struck(`crash ${where} in ${phase}`);
    if (trace) trace(nameOf(own), `${power ? 'POWER CUT' : 'KILLED'} ${where} in ${phase}; back in ${downMs} ms`);
    disk = end(own, power);
    life = null;
    clock.after(downMs, () => void restart());
  }

  /** The power goes out for all who share the disk. */
  function end(own: Life, power: boolean): SimulatedDisk {
    own.host.die();
    const left = power ? own.disk.crash() : own.disk.kill();
    if (power) for (const zombie of [...zombies]) bury(zombie);
    hangUp(own, 'the coordinator died');
    return left;
  }

  function bury(zombie: Life): void {
    if (!zombies.delete(zombie)) return;
    zombie.host.die();
    zombie.disk.kill();
  }

  function hangUp(own: Life, reason: string): void {
    for (const link of [...own.links]) link.near.close(reason);
    own.links.clear();
    for (const stop of [...own.connections]) stop();
  }

  /** A short stop is a pause; a long one costs it the task, which another process takes over: then it goes on all the same. */
  function suspend(own: Life, { forMs }: FaultOf<'suspend'>, where: string): void {
    const long = forMs >= LONG_SUSPENSION_MS;
    struck(long ? 'taken over' : 'paused');
    if (trace) trace(nameOf(own), `SUSPENDED ${where} for ${forMs} ms${long ? ', and taken over' : ''}`);
    own.host.suspend();
    const resume = (): void => {
      if (own.host.state !== 'suspended') return;
      if (trace) trace(nameOf(own), 'RESUMES');
      own.host.resume();
      // It has lost its task, and whoever looks after it finds it at fault.
      if (long) clock.after(ZOMBIE_MS, () => bury(own));
    };
    if (!long) return void clock.after(forMs, resume);
    life = null;
    zombies.add(own);
    disk = own.disk.another();
    hangUp(own, 'nobody answers any more');
    name = `successor ${everyLife.length}`;
    clock.after(LEASE_MS, () => void restart());
    clock.after(LEASE_MS + forMs - LONG_SUSPENSION_MS, resume);
  }

  // ---- the coordinator's lives ---------------------------------------------------------------

  /** Edges that got something wrong, as if a coordinator had said it. */
  const lied = new Set<number>();
  const nameOf = (own: Life): string => `coordinator ${own.number}`;
  const skew = faultsOf(faults, 'skew').find(({ edge }) => edge === null) ?? NO_SKEW;
  let wallClockMs = skew.offsetMs;
  /** Of the processes from now on: a successor is another coordinator, and so are those that are started in its place. */
  let name = 'coordinator';

  function loggerOf(who: () => string, host: () => Host | null): Logger {
    const heard = (level: string) => (fields: object, message: string): void => {
      if (host()?.state === 'dead') return;
      if (trace && level !== 'debug') trace(who(), `${level}: ${message}${'phase' in fields && message === 'phase' ? ` ${String(fields.phase)}` : ''}`);
      const code = 'code' in fields ? fields.code : 'err' in fields ? toMurmurError(fields.err).code : null;
      // A code that was garbled on its way reads as `internal`, too; what went wrong here has its cause with it.
      const heardOf = lied.size > 0 && 'err' in fields && fields.err instanceof Error && fields.err.cause === undefined;
      if (code === 'internal' && !heardOf) violate(`${who()} logged an internal error: ${message}${'err' in fields && fields.err instanceof Error ? `\n${fields.err.stack ?? ''}` : ''}`);
    };
    if (!trace) return { ...silentLogger, error: heard('error') };
    return { debug: heard('debug'), info: heard('info'), warn: heard('warn'), error: heard('error') };
  }

  /** The store as a process has it that writes while its disk may be full. */
  const failingStore: Store = {
    ...sqlite,
    saveTransition(lease, transition) {
      const failing = countDown(storeFaults, () => true);
      if (!failing) return sqlite.saveTransition(lease, transition);
      struck('store');
      if (trace) trace('store', 'a transition FAILS');
      return Promise.reject(new MurmurError('storage_failed', 'the database is full'));
    },
  };

  function begin(): Life {
    const number = everyLife.length;
    const own: Life = beginLife({
      number, name, world, clock, disk, store: failingStore, ledger, random: random.fork(`coordinator ${number}`),
      skew: { offsetMs: wallClockMs, drift: skew.drift },
      logger: (host) => loggerOf(() => `coordinator ${number}`, () => host),
      onPoint: (point) => onPoint(own, point),
    });
    disk.watch((step, path) => onStep(own, step, path));
    own.coordinator.listen({ changed: () => checkState(own), tasksChanged: () => void look(), roundEnded: () => void look() });
    everyLife.push(own);
    life = own;
    if (trace) trace(nameOf(own), `starts as ${name}`);
    return own;
  }

  async function restart(): Promise<void> {
    const left = (await sqlite.loadState(LINE)) as RoundState | null;
    const own = begin();
    try {
      await own.disk.sweep();
      await own.coordinator.start();
    } catch (thrown) {
      // A coordinator that cannot start ends, and whoever looks after it starts it again.
      if (own.host.state === 'dead') return;
      if (trace) trace(nameOf(own), `cannot start: ${toMurmurError(thrown).message}`);
      disk = end(own, false);
      life = null;
      clock.after(OWNER_MS, () => void restart());
      return;
    }
    // Suspended and taken over meanwhile, or dead: what it finds is no longer looked at.
    if (own !== life) return;
    await look();
    checkResumed(own, left);
  }

  function checkResumed(own: Life, left: RoundState | null): void {
    const now = own.coordinator.drivers()[0]?.state();
    if (!left || !now || !['configuration', 'reporting', 'updating'].includes(left.phase)) return;
    struck('resumed');
    // By now it may have gone on to the next.
    if (now.round !== left.round) return;
    const ids = (state: RoundState): string => [...itemsOf(state.assignments)].map(({ id, edge }) => `${id} ${edge}`).join(', ');
    if (ids(now) !== ids(left)) violate(`round ${left.round} had the assignments ${ids(left)}, after the restart ${ids(now)}`);
  }

  /** After each step of the machine: its counts are those of its table, and a round that cannot reach its minimum any more does not go on. */
  function checkState(own: Life): void {
    const state = own.host.state === 'alive' ? own.coordinator.drivers()[0]?.state() : undefined;
    if (state === undefined || (state.phase !== 'configuration' && state.phase !== 'reporting')) return;
    const assignments = [...itemsOf(state.assignments)];
    const [open, reported] = [assignments.filter(isOpen).length, assignments.filter(({ status }) => status === 'reported').length];
    if (open !== state.open || reported !== state.reported) violate(`round ${state.round} counts ${state.open} open and ${state.reported} reported assignments, its table has ${open} and ${reported}`);
    if (open + reported < Math.min(world.minimum, world.goal)) violate(`round ${state.round} waits in ${state.phase} for ${open} more reports, has ${reported} and cannot reach its minimum`);
  }

  let ownerComes = false;
  /** The owner looks after his task: when it stopped by itself, he starts it again. */
  async function look(): Promise<void> {
    const task = await sqlite.getTask(LINE);
    if (task?.status === 'finished') finished = true;
    if (task?.status !== 'stopped' || ownerComes) return;
    struck('stopped by itself');
    ownerComes = true;
    clock.after(OWNER_MS, () => {
      ownerComes = false;
      if (!life) return;
      // Suspended for a moment: he looks again.
      if (life.host.state !== 'alive') return void look();
      life.coordinator.startTask(LINE).catch(() => void look());
    });
  }

  // ---- edges ---------------------------------------------------------------------------------

  const wire = createWire({
    clock, latencyMs: world.latencyMs, replyMs: world.replyMs, faults, random: random.fork('wire'), peaceful, struck, trace,
    onLie: (edge) => lied.add(edge),
  });

  const connect = (edge: number, host: Host): Promise<Link<EdgeToCoordinator>> => {
    const now = life;
    if (host.state === 'dead') return new Promise(() => undefined);
    if (now?.host.state !== 'alive') return Promise.reject(new MurmurError('disconnected', 'nobody listens'));
    const links = wire.open(edge, host, now.host);
    now.links.add(links);
    links.near.onClose(() => {
      now.links.delete(links);
      closedLinks.push(links);
    });
    now.serve(links.far);
    return Promise.resolve(links.near);
  };
  const closedLinks: { readonly listeners: () => number }[] = [];

  const repeats = faultsOf(faults, 'repeat');
  const leavings = faultsOf(faults, 'leave-reporting');
  const reportsSeen = new Map<EdgeId, number>();
  function onReport(edge: EdgeId, assignment: AssignmentId, frame: Uint8Array): void {
    if ((repeats.length === 0 && leavings.length === 0) || peace) return;
    const nth = (reportsSeen.get(edge) ?? 0) + 1;
    reportsSeen.set(edge, nth);
    for (const fault of leavings) {
      const own = edges.at(fault.edge);
      if (own?.identity.id === edge && fault.nth === nth) clock.after(0, () => leave(own, fault));
    }
    for (const fault of repeats) {
      const own = edges.at(fault.edge);
      if (!own || own.identity.id !== edge || fault.nth !== nth) continue;
      const copy = frame.slice();
      clock.after(fault.afterMs, () => {
        const link = own.link();
        if (!link || link.closed || finished) return;
        struck('repeat');
        link.request('report', { assignment, frame: copy }).catch(() => undefined);
      });
    }
  }
  const ledger = createLedger(SCHEMA, world.journal, onReport);

  const aggregatorHost = createHost({ clock });
  const aggregator = world.aggregated > 0 ? createFaultyAggregator(aggregatorHost, () => connect(world.edges, aggregatorHost)) : null;
  const alsoDirectly = random.fork('aggregator');

  const edges: FaultyEdge[] = Array.from({ length: world.edges }, (_, number) =>
    createFaultyEdge({
      number, schedule, clock, random: random.fork(`edge ${number}`), wire, struck, trace,
      logger: loggerOf(() => `edge ${number}`, () => null),
      server: () => (life?.host.state === 'alive' ? life : null),
      connect: async (edge, host) => {
        const link = await connect(edge, host);
        return aggregator && edge < world.aggregated ? throughAggregator(link, aggregator, () => alsoDirectly.next() < 0.3) : link;
      },
    }),
  );

  // ---- the schedule --------------------------------------------------------------------------

  const left = new Set<FaultyEdge>();
  function arm(fault: Fault): void {
    if (!('atMs' in fault)) return;
    clock.after(fault.atMs, () => {
      if (!finished && !peace) happen(fault);
    });
  }

  function happen(fault: Fault): void {
    const own = 'edge' in fault && fault.edge !== null ? edges.at(fault.edge) : undefined;
    const told = (): void => {
      struck(fault.kind);
      if (trace) trace(own ? `edge ${edges.indexOf(own)}` : 'world', `${fault.kind.toUpperCase()} ${JSON.stringify(fault)}`);
    };
    switch (fault.kind) {
      case 'crash':
      case 'suspend':
        if (fault.when === 'step') atStep.set(fault, fault.nth);
        else if (fault.when === 'point') atPoint.set(fault, fault.nth);
        else if (life) strike(life, fault, 'at an instant');
        return;
      case 'disk':
        return void diskFaults.set(fault, fault.nth);
      case 'store':
        return void storeFaults.set(fault, fault.nth);
      case 'disk-full':
        told();
        life?.disk.fill(fault.bytes);
        return void clock.after(fault.forMs, () => life?.disk.free());
      case 'cut-link':
        told();
        return own?.cutLink();
      case 'vanish':
        told();
        own?.vanish();
        return void clock.after(fault.forMs, () => own?.comeBack());
      case 'edge-crash':
        told();
        own?.crash();
        return void clock.after(fault.downMs, () => own && !finished && !left.has(own) && own.start());
      case 'leave':
        return own && leave(own, fault);
      case 'impostor': {
        if (!own || life?.host.state !== 'alive') return;
        told();
        void connect(-1, aggregatorHost).then((link) => tryToImpersonate(own.identity.id, link)).then((sentence) => sentence !== null && violate(sentence));
        return;
      }
      case 'set-clock':
        told();
        wallClockMs += fault.byMs;
        return life?.host.setClock(fault.byMs);
      case 'message':
      case 'repeat':
      case 'leave-reporting':
      case 'nonsense':
      case 'skew':
        return;
    }
  }

  function leave(own: FaultyEdge, fault: FaultOf<'leave'> | FaultOf<'leave-reporting'>): void {
    if (finished || peace || left.has(own)) return;
    struck(fault.kind);
    if (trace) trace(`edge ${edges.indexOf(own)}`, `${fault.kind.toUpperCase()} ${JSON.stringify(fault)}`);
    left.add(own);
    void own.leave();
    clock.after(fault.forMs, () => {
      left.delete(own);
      if (!finished) own.start();
    });
  }

  /** Nothing breaks any more, and whoever went under or was lied to is started anew. */
  function makePeace(): void {
    if (finished) return;
    peace = true;
    struck('peace');
    if (trace) trace('world', 'PEACE');
    life?.disk.free();
    edges.forEach((edge, number) => {
      edge.comeBack();
      if (lied.has(number)) edge.crash();
      left.delete(edge);
      edge.start();
    });
  }

  // ---- the run -------------------------------------------------------------------------------

  // The task is created in peace: a death before it exists could lose nothing.
  const first = begin();
  await settled(clock, async () => {
    await first.coordinator.start();
    await first.coordinator.createTask(specOf(world));
    await first.coordinator.startTask(LINE);
  });
  if (world.enrolled) {
    for (const { identity } of edges) await sqlite.addEdge({ id: identity.id, publicKey: toHex(identity.publicKey), name: 'edge', role: 'edge', enrolledAt: 0, revokedAt: null });
  }
  for (const fault of faults) arm(fault);
  for (const fault of faultsOf(faults, 'skew')) struck(fault.edge === null ? 'skewed coordinator' : 'skewed edge');
  clock.after(PEACE_MS, makePeace);
  for (const edge of edges) edge.start();

  await clock.runUntil(() => finished || elapsed() > NEVER_MS);
  const tookMs = elapsed();
  await stopAll();
  if (!finished) violate(`not finished after ${NEVER_MS / 1000} s, ${(NEVER_MS - PEACE_MS) / 1000} of them in peace: ${await describe()}`);
  for (const sentence of [...ledger.violations, ...(await findViolations({ store: sqlite, disk, ledger, world }))]) violate(sentence);
  for (const sentence of await findLeftovers({ store: sqlite, disk, finished, lives: everyLife, edges, closedLinks, struck: struckCounts, world })) violate(sentence);
  unlisten?.();
  const rounds = await sqlite.listRounds(LINE, { limit: 10_000 });
  return {
    violations, tookMs, struck: struckCounts, acknowledged: ledger.acknowledged.size,
    committed: rounds.filter(({ outcome }) => outcome === 'committed').length,
    aborted: rounds.filter(({ outcome }) => outcome === 'aborted').length,
  };

  async function stopAll(): Promise<void> {
    peace = true;
    let stopped = false;
    for (const zombie of [...zombies]) bury(zombie);
    const last = life;
    life?.host.resume();
    if (last) {
      last.disk.free();
      // What failed in a disk that was ill is tried once more by the next start, which comes when the disk is well.
      void Promise.all(edges.map((edge) => edge.leave()))
        .then(() => last.coordinator.stop())
        .then(() => {
          stopped = true;
        });
    } else {
      void Promise.all(edges.map((edge) => edge.leave())).then(() => {
        stopped = true;
      });
    }
    const tooLate = clock.now() + NEVER_MS;
    await clock.runUntil(() => stopped || clock.now() > tooLate);
    if (!stopped) violate(`not everything stopped within ${NEVER_MS / 1000} s`);
    if (last) hangUp(last, 'the coordinator stopped');
    aggregatorHost.die();
  }

  async function describe(): Promise<string> {
    const state = (await sqlite.loadState(LINE)) as RoundState | null;
    const task = await sqlite.getTask(LINE);
    return `task ${task?.status} (${task?.statusReason ?? 'no reason'}), round ${state?.round} ${state?.phase}, ${state?.open} open, ${state?.reported} reported`;
  }
}

/** Lets time pass until the work is done, and throws what it throws. */
async function settled(clock: VirtualClock, work: () => Promise<void>): Promise<void> {
  let done = false;
  const working = work().finally(() => {
    done = true;
  });
  await clock.runUntil(() => done);
  await working;
}
