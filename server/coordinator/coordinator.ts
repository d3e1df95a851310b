/**
 * The coordinator: the tasks that this process drives, each under a lease, and the
 * population that they share. Knows nothing of sockets or HTTP.
 */
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { AssignmentId, TaskId } from '../../shared/ids.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import { trainsModel, type AnyTask } from '../../shared/task/task-spec.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { Lease, TaskRecord, VersionRecord } from '../storage/store.ts';
import { adoptModel } from './adoption.ts';
import { parseAssignmentId } from './assignment-ids.ts';
import { drivenTask, isFederated, type FederatedRecord } from './driven-task.ts';
import { createLeases, RENEWAL_MS } from './leases.ts';
import { comeBackWithoutTask } from './pacing.ts';
import { createPopulation, type Population } from './population.ts';
import type { DriverHouse, TaskDriver } from './driver-house.ts';
import { createTaskCatalogue } from './task-catalogue.ts';
import { createTaskDriver } from './task-driver.ts';
import { createTaskViews, type TaskViews } from './task-views.ts';

export interface CoordinatorOptions extends Omit<DriverHouse, 'population' | 'evaluator' | 'onChange' | 'onRoundEnded' | 'onEnded'> {
  readonly evaluator: Evaluator;
  /** Held-out examples of a task for central evaluation; null: none. Asked when the task is started. */
  readonly heldOut?: (spec: AnyTask) => Promise<Examples | null>;
  /** Names this process in leases; a restarted coordinator of the same name takes its tasks over at once. */
  readonly name: string;
}

export interface CoordinatorListener {
  changed?(): void;
  /** `merged`: the assignments whose reports are in its version; none where it was aborted. */
  roundEnded?(task: TaskId, round: LiveRound, merged: readonly AssignmentId[]): void;
  /** A task was created, started, stopped or finished. */
  tasksChanged?(): void;
}

export interface Coordinator extends TaskViews {
  readonly population: Population;
  /** Goes on with every task that was running when the last process ended. */
  start(): Promise<void>;
  /** Rounds stay as they are and resume at the next start. */
  stop(): Promise<void>;
  /** @throws bad_task_spec with the path of each wrong field; conflict */
  createTask(input: unknown): Promise<TaskRecord>;
  /** A task in gossip mode is opened to peers; no rounds of it run here. @throws not_found, lease_lost when another coordinator drives it */
  startTask(id: TaskId): Promise<void>;
  stopTask(id: TaskId, reason: string): Promise<void>;
  /**
   * Makes a model of elsewhere the task's next version.
   * @param file safetensors, as `models export` writes it
   * @param origin for people: where it comes from
   * @throws bad_frame, bad_layout, not_finite; conflict while the task runs rounds; lease_lost
   */
  adopt(id: TaskId, file: Uint8Array, origin: string): Promise<VersionRecord>;
  getTask(id: TaskId): Promise<TaskRecord>;
  listTasks(): Promise<readonly TaskRecord[]>;
  layoutOf(id: TaskId): Promise<Layout>;
  /** @throws not_found where the task does not run here */
  driver(id: TaskId): TaskDriver;
  /** The driver that an assignment's id names. @throws unknown_assignment; unavailable once the coordinator stops */
  driverOf(assignment: AssignmentId): TaskDriver;
  drivers(): readonly TaskDriver[];
  /** When an edge that has just checked in for these tasks should do so again. Milliseconds. */
  comeBackAfterMs(tasks: readonly TaskId[]): number;
  listen(listener: CoordinatorListener): () => void;
}

export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const { store, blobs, clock, logger, evaluator } = options;
  const population = createPopulation();
  const leases = createLeases(options);
  const drivers = new Map<TaskId, TaskDriver>();
  const starting = new Map<TaskId, Promise<void>>();
  /** Adoptions under way: a task is started when they are over. */
  const adopting = new Map<TaskId, Promise<unknown>>();
  const catalogue = createTaskCatalogue(options);
  const listeners = new Set<CoordinatorListener>();
  let cancelRenewal: (() => void) | null = null;
  /** Counts starts: renewals that are under way while it is stopped and started again are followed by no others. */
  let starts = 0;
  let stopping = false;

  const changed = (): void => listeners.forEach((listener) => listener.changed?.());
  const tasksChanged = (): void => {
    listeners.forEach((listener) => listener.tasksChanged?.());
    changed();
  };

  /** Two who ask at once share one start. */
  function drive(task: FederatedRecord): Promise<void> {
    if (drivers.has(task.id)) return Promise.resolve();
    const begin = (): Promise<void> => takeUp(task);
    const start = starting.get(task.id) ?? (adopting.has(task.id) ? adoptionsOver(task.id).then(begin) : begin()).finally(() => starting.delete(task.id));
    starting.set(task.id, start);
    return start;
  }

  const adoptionsOver = (task: TaskId): Promise<unknown> => adopting.get(task)?.catch(() => undefined) ?? Promise.resolve();

  async function setUndriven(task: TaskId, status: TaskRecord['status'], reason: string | null): Promise<void> {
    await adoptionsOver(task);
    const lease = await leases.acquire(task);
    await leases.setStatus(lease, status, reason).finally(() => store.releaseLease(lease));
    tasksChanged();
  }

  async function adopt(task: TaskRecord, file: Uint8Array, origin: string): Promise<VersionRecord> {
    let lease: Lease | null = null;
    try {
      const layout = await catalogue.layoutOf(task);
      const heldOut = (await options.heldOut?.(task.spec)) ?? null;
      return await adoptModel({ store, blobs, clock, evaluator }, { task, layout, file, origin, heldOut, lease: async () => (lease = await leases.acquire(task.id)) });
    } finally {
      if (lease !== null) await store.releaseLease(lease).catch(() => undefined);
    }
  }

  async function takeUp(task: FederatedRecord): Promise<void> {
    const lease = await leases.acquire(task.id);
    try {
      await driveUnder(lease, task);
    } catch (thrown) {
      drivers.delete(task.id);
      await leases.setStatus(lease, 'stopped', `it could not be started: ${toMurmurError(thrown).message}`).catch(() => undefined);
      await store.releaseLease(lease).catch(() => undefined);
      tasksChanged();
      throw thrown;
    }
  }

  async function driveUnder(lease: Lease, task: FederatedRecord): Promise<void> {
    const parameters = await catalogue.initialParameters(task);
    const heldOut = (await options.heldOut?.(task.spec)) ?? null;
    if (heldOut) await evaluator.setExamples(task.id, heldOut);
    const driver: TaskDriver = createTaskDriver(
      await drivenTask(task, lease, parameters, options),
      {
        ...options, population, evaluator, onChange: changed,
        onRoundEnded: (id, round, merged) => listeners.forEach((listener) => listener.roundEnded?.(id, round, merged)),
        onEnded: (_id, status, reason) => {
          void endDriving(driver, status, reason);
        },
      },
    );
    drivers.set(task.id, driver);
    await leases.setStatus(lease, 'running', null);
    await driver.start();
    tasksChanged();
  }

  async function endDriving(driver: TaskDriver, status: TaskRecord['status'], reason: string): Promise<void> {
    const id = driver.task;
    if (drivers.get(id) !== driver) return;
    drivers.delete(id);
    await evaluator.setExamples(id, null).catch(() => undefined);
    try {
      await driver.stop();
      await leases.setStatus(driver.lease(), status, reason);
      await store.releaseLease(driver.lease());
    } catch (thrown) {
      logger.error({ task: id, err: toMurmurError(thrown) }, 'the end of the task could not be stored');
    }
    logger.info({ task: id, status, reason }, 'task ended');
    tasksChanged();
  }

  /** What a crash between a task's last commit and the end of its journal segment left behind; no driver comes to it any more. */
  async function endSegments(task: TaskId): Promise<void> {
    for (const round of await options.journal.list(task)) await options.journal.end(task, round);
  }

  /**
   * Tasks that are to run and that nobody drives: where another coordinator's lease stood in the way it may have run out by
   * now, and where the disk was full there may be room.
   */
  async function driveIdle(): Promise<void> {
    if (stopping) return;
    for (const task of await store.listTasks()) {
      // Peers learn by themselves: a task in gossip mode that is open needs nobody who drives it.
      if (task.status !== 'running' || drivers.has(task.id) || stopping || !isFederated(task)) continue;
      await drive(task).catch((thrown: unknown) => {
        const error = toMurmurError(thrown);
        // That another one drives it is news once, at the start.
        logger[error.code === 'lease_lost' && cancelRenewal ? 'debug' : 'error']({ task: task.id, code: error.code, err: error }, `task ${task.id} does not go on: ${error.message}`);
      });
    }
  }

  function renewLeases(start: number): void {
    cancelRenewal = clock.after(RENEWAL_MS, () => {
      const renewals = [...drivers.values()].map(async (driver) => {
        if (await leases.renew(driver)) return;
        // Whoever holds it now drives on: to write any further would be to drive one task twice.
        drivers.delete(driver.task);
        await driver.stop();
        tasksChanged();
      });
      void Promise.all(renewals)
        .then(driveIdle)
        .catch((thrown: unknown) => logger.error({ err: toMurmurError(thrown) }, 'the tasks that nobody drives could not be looked for'))
        .then(() => {
          if (!stopping && start === starts) renewLeases(start);
        });
    });
  }

  return {
    population,
    async start() {
      stopping = false;
      for (const task of await store.listTasks()) if (task.status === 'finished') await endSegments(task.id);
      await driveIdle();
      // It may have been stopped meanwhile.
      if (!stopping) renewLeases(++starts);
    },
    async stop() {
      stopping = true;
      cancelRenewal?.();
      cancelRenewal = null;
      // What is being started is stopped like the rest, once it runs.
      await Promise.allSettled([...starting.values(), ...adopting.values()]);
      const stopped = [...drivers.values()];
      drivers.clear();
      for (const driver of stopped) {
        await driver.stop();
        await store.releaseLease(driver.lease()).catch(() => undefined);
      }
    },
    async createTask(input) {
      const task = await catalogue.create(input);
      tasksChanged();
      return task;
    },
    async startTask(id) {
      const task = await catalogue.get(id);
      if (task.status === 'finished') throw new MurmurError('conflict', `task ${id} is finished: ${task.statusReason ?? 'no reason given'}. \`murmur ${isFederated(task) && !trainsModel(task.spec) ? `statistics ${id}\` shows its result; to ask again` : `models export ${id}\` takes its model; to learn on`}, create a task of another name whose \`stop\` lies further away`);
      await (isFederated(task) ? drive(task) : setUndriven(id, 'running', null));
    },
    async stopTask(id, reason) {
      await catalogue.get(id);
      // One that is just being started is stopped once it runs.
      await starting.get(id)?.catch(() => undefined);
      const driver = drivers.get(id);
      // One that is finished stays so, with what it finished for.
      if (!driver) return (await catalogue.get(id)).status === 'finished' ? undefined : setUndriven(id, 'stopped', reason);
      await driver.stopTask(reason);
      await endDriving(driver, 'stopped', reason);
    },
    async adopt(id, file, origin) {
      const task = await catalogue.get(id);
      while (adopting.has(id)) await adoptionsOver(id);
      if (drivers.has(id) || starting.has(id)) throw new MurmurError('conflict', `task ${id} runs rounds now; stop it first: \`murmur task stop ${id}\``);
      const adoption = adopt(task, file, origin).finally(() => {
        if (adopting.get(id) === adoption) adopting.delete(id);
      });
      adopting.set(id, adoption);
      const version = await adoption;
      logger.info({ task: id, version: version.version, origin }, 'a model was adopted');
      changed();
      return version;
    },
    getTask: catalogue.get,
    listTasks: () => store.listTasks(),
    layoutOf: async (id) => catalogue.layoutOf(await catalogue.get(id)),
    ...createTaskViews(store, (task) => drivers.get(task)),
    driver(id) {
      const driver = drivers.get(id);
      if (!driver) throw new MurmurError('not_found', `task ${id} does not run on this coordinator`);
      return driver;
    },
    driverOf(assignment) {
      // Not `unknown_assignment`: whoever holds it is to send it again, to the coordinator that comes next.
      if (stopping) throw new MurmurError('unavailable', 'the coordinator is stopping; send it again when it is back');
      const parts = parseAssignmentId(assignment);
      const driver = parts && drivers.get(parts.task);
      if (!driver) throw new MurmurError('unknown_assignment', `${assignment} is no assignment of a task that runs here`);
      return driver;
    },
    drivers: () => [...drivers.values()],
    comeBackAfterMs(tasks) {
      const known = tasks.flatMap((task) => drivers.get(task) ?? []);
      return known.length > 0 ? Math.min(...known.map((driver) => driver.comeBackAfterMs())) : comeBackWithoutTask(population.online, options.random);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
