/** The coordinator of a simulated federation, one process after the other: it is killed, suspended, taken over and started again. */
import type { RoundPoint } from '../../server/coordinator/points.ts';
import type { RoundState } from '../../server/coordinator/round-state.ts';
import type { Store } from '../../server/storage/store.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { createCoordinatorFaults, type Strike } from './coordinator-faults.ts';
import { beginLife, type Life } from './coordinator-life.ts';
import { NO_SKEW } from './host.ts';
import type { Ledger } from './ledger.ts';
import { findLostAssignments, findMiscounts } from './round-checks.ts';
import type { RunContext } from './run-context.ts';
import { faultsOf, type FaultOf } from './fault.ts';
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.ts';
import type { FileStep } from './simulated-files.ts';
import { createTaskOwner, OWNER_MS } from './task-owner.ts';
import { LINE } from './world.ts';

/** A lease, as the coordinator takes it, and a little more. */
const LEASE_MS = 30_500;
/** A longer suspension costs the coordinator its task. */
const LONG_SUSPENSION_MS = 3000;
/** How long one goes on that was taken over. */
const ZOMBIE_MS = 5000;

export interface CoordinatorLives {
  /** The process that has the task, also while it is suspended for a moment; null: it is down, or being taken over. */
  current(): Life | null;
  /** The same where it answers. */
  serving(): Life | null;
  readonly all: readonly Life[];
  /** Resolves when the current process has started, if it was just about to. */
  started(): Promise<void>;
  /** Of the current process, or as the last one left it. */
  disk(): SimulatedDisk;
  /** The first process. Those after it begin by themselves. */
  begin(): Life;
  /** A strike at an instant happens at once; whatever else waits for its step, point or transition. */
  arm(fault: Strike | FaultOf<'disk'> | FaultOf<'store'>): void;
  /** Sets the wall clock of this process and of those after it. */
  setClock(byMs: number): void;
  /** Ends those that were taken over. */
  buryZombies(): void;
  hangUp(life: Life, reason: string): void;
}

export function createCoordinatorLives(run: RunContext, store: Store, ledger: Ledger): CoordinatorLives {
  const { clock, random, trace, struck } = run;
  const { world, faults } = run.schedule;
  const waiting = createCoordinatorFaults(run);
  const skew = faultsOf(faults, 'skew').find(({ edge }) => edge === null) ?? NO_SKEW;
  const all: Life[] = [];
  const zombies = new Set<Life>();
  let disk = createSimulatedDisk({ random: random.fork('disk') });
  let life: Life | null = null;
  let starting: Promise<void> = Promise.resolve();
  let wallClockMs = skew.offsetMs;
  /** Of the processes from now on: a successor is another coordinator, and so are those that are started in its place. */
  let name = 'coordinator';
  const look = createTaskOwner(run, store, () => life);
  const nameOf = (own: Life): string => `coordinator ${own.number}`;

  // ---- what strikes it -----------------------------------------------------------------------

  function onStep(own: Life, step: FileStep, path: string): void {
    if (own.host.state !== 'alive') return;
    if (trace) trace(nameOf(own), `disk: ${step} ${path}`);
    const failing = waiting.ofDisk(step);
    if (failing) {
      struck(`disk ${step}`);
      if (trace) trace(nameOf(own), `disk: ${step} FAILS with ${failing.code}`);
      own.disk.failNext(step, failing.code);
    }
    const due = waiting.strikeAtStep();
    if (due) strike(own, due, `at ${step}`);
  }

  function onPoint(own: Life, point: RoundPoint): void {
    if (trace) trace(nameOf(own), `point: ${point}`);
    const due = waiting.strikeAtPoint(point);
    if (due) strike(own, due, `at ${point}`);
  }

  function strike(own: Life, fault: Strike, where: string): void {
    if (own !== life || own.host.state !== 'alive') return;
    if (fault.kind === 'crash') die(own, fault, where);
    else suspend(own, fault, where);
  }

  function die(own: Life, { power, downMs }: FaultOf<'crash'>, where: string): void {
    const phase = own.coordinator.drivers()[0]?.state().phase ?? 'starting';
    struck(`crash ${power ? 'power' : 'kill'}`);
    struck(`crash ${where} in ${phase}`);
    if (trace) trace(nameOf(own), `${power ? 'POWER CUT' : 'KILLED'} ${where} in ${phase}; back in ${downMs} ms`);
    end(own, power);
    clock.after(downMs, () => void restart());
  }

  /** The power goes out for all who share the disk. */
  function end(own: Life, power: boolean): void {
    own.host.die();
    disk = power ? own.disk.crash() : own.disk.kill();
    if (power) buryZombies();
    hangUp(own, 'the coordinator died');
    life = null;
  }

  function bury(zombie: Life): void {
    if (!zombies.delete(zombie)) return;
    zombie.host.die();
    zombie.disk.kill();
  }

  function buryZombies(): void {
    for (const zombie of [...zombies]) bury(zombie);
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
    name = `successor ${all.length}`;
    clock.after(LEASE_MS, () => void restart());
    clock.after(LEASE_MS + forMs - LONG_SUSPENSION_MS, resume);
  }

  // ---- its lives -----------------------------------------------------------------------------

  /** The store as a process has it that writes while its disk may be full. */
  const failingStore: Store = {
    ...store,
    saveTransition(lease, transition) {
      if (waiting.ofStore() === null) return store.saveTransition(lease, transition);
      struck('store');
      if (trace) trace('store', 'a transition FAILS');
      return Promise.reject(new MurmurError('storage_failed', 'the database is full'));
    },
  };

  function begin(): Life {
    const number = all.length;
    const own: Life = beginLife({
      number, name, world, clock, disk, store: failingStore, ledger, random: random.fork(`coordinator ${number}`),
      skew: { offsetMs: wallClockMs, drift: skew.drift },
      logger: (host) => run.loggerOf(`coordinator ${number}`, () => host.state === 'dead'),
      onPoint: (point) => onPoint(own, point),
    });
    disk.watch((step, path) => onStep(own, step, path));
    own.coordinator.listen({ changed: () => checkState(own), tasksChanged: () => void look(), roundEnded: () => void look() });
    all.push(own);
    life = own;
    if (trace) trace(nameOf(own), `starts as ${name}`);
    return own;
  }

  function restart(): Promise<void> {
    starting = startAgain();
    return starting;
  }

  async function startAgain(): Promise<void> {
    const left = (await store.loadState(LINE)) as RoundState | null;
    const own = begin();
    try {
      await own.disk.sweep();
      await own.coordinator.start();
    } catch (thrown) {
      // A coordinator that cannot start ends, and whoever looks after it starts it again.
      if (own.host.state === 'dead') return;
      if (trace) trace(nameOf(own), `cannot start: ${toMurmurError(thrown).message}`);
      end(own, false);
      clock.after(OWNER_MS, () => void restart());
      return;
    }
    // Suspended and taken over meanwhile, or dead: what it finds is no longer looked at.
    if (own !== life) return;
    await look();
    const now = own.coordinator.drivers()[0]?.state();
    if (!left || !now || !['configuration', 'reporting', 'updating'].includes(left.phase)) return;
    struck('resumed');
    const lost = findLostAssignments(left, now);
    if (lost !== null) run.violate(lost);
  }

  function checkState(own: Life): void {
    const state = own.host.state === 'alive' ? own.coordinator.drivers()[0]?.state() : undefined;
    if (state !== undefined) findMiscounts(state, world).forEach(run.violate);
  }

  return {
    current: () => life,
    serving: () => (life?.host.state === 'alive' ? life : null),
    all,
    started: () => starting,
    disk: () => disk,
    begin,
    arm(fault) {
      if ('when' in fault && fault.when === 'instant') {
        if (life) strike(life, fault, 'at an instant');
      } else waiting.add(fault);
    },
    setClock(byMs) {
      wallClockMs += byMs;
      life?.host.setClock(byMs);
    },
    buryZombies,
    hangUp,
  };
}
