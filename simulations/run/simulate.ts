/**
 * Runs a scenario, one of federated tasks here: the real coordinator and real edge sessions over a virtual network under a virtual clock. Time passes
 * as fast as everything that is to happen has happened; real time is spent on training, in the pool. The same scenario and
 * seed give the same final digest, however many workers there are.
 */
import { availableParallelism } from 'node:os';
import { readResult } from '../../server/registry/task-result.ts';
import { findAlgorithm } from '../../shared/algorithms/registry.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { asTaskId, type AssignmentId, type EdgeId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import { createRandom } from '../../shared/random.ts';
import { HOUR_MS } from '../fleet/rhythm.ts';
import { isGossipScenario, type AnyScenario } from '../scenario/gossip-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { trainsModel } from '../../shared/task/task-spec.ts';
import { troubledEdges } from '../troubles/scenario-troubles.ts';
import { neverFinishing, withScaledUpdates } from '../troubles/troubled-trainer.ts';
import { createVirtualClock, settledIn } from '../virtual-clock.ts';
import { EPOCH_MS } from '../virtual-epoch.ts';
import { createCheckpointCache } from './checkpoint-cache.ts';
import { fleetOf } from './fleet-of.ts';
import { openLearning } from './learning.ts';
import type { ResultLine, RoundFinding, RoundLine } from './record.ts';
import { requireResumable } from './resumable.ts';
import { createRoundWatch } from './round-watch.ts';
import { runLine } from './run-line.ts';
import { simulateGossip } from './simulate-gossip.ts';
import type { CompleteOptions, SimulateOptions } from './simulate-options.ts';
import { resultOf } from './summary.ts';
import { createSimulatedEdge, type SimulatedEdge } from './simulated-edge.ts';
import { createTroubles } from './troubles.ts';
import { createVersionKeeper } from './version-keeper.ts';
import { createVirtualCoordinator } from './virtual-coordinator.ts';

/** How long the task's owner takes to notice that it stopped by itself. */
const OWNER_MS = 500;
/** Without a barrier: whoever reports later than that stands in no record. */
const MOST_ROUNDS_BEHIND = 1000;
/** Rounds aborted in a row after which nobody need wait for the next one. */
const MOST_ABORTED = 200;

/** What ends a run before its time, and what was last heard of an edge's troubles. */
interface End {
  over: { readonly reason: string; readonly failed: boolean } | null;
  broken: MurmurError | null;
  lastError: string | null;
}

/** @throws aborted when the signal fires: everything up to the last round is stored; conflict where what was interrupted cannot go on; whatever ends the task otherwise than its rounds */
export async function simulate(scenario: AnyScenario, options: SimulateOptions): Promise<ResultLine> {
  requireResumable(scenario, options.before?.at(-1)?.round);
  const complete = { ...options, workers: options.workers ?? availableParallelism(), logger: options.logger ?? silentLogger, before: options.before ?? [] };
  return isGossipScenario(scenario) ? simulateGossip(scenario, complete) : simulateFederated(scenario, complete);
}

async function simulateFederated(scenario: Scenario, options: CompleteOptions): Promise<ResultLine> {
  const { seed, workers, signal, logger, before, onLine = () => undefined, folder = null } = options;
  const began = performance.now();
  const wallBefore = before.reduce((sum, { wallMs }) => sum + wallMs, 0) / 1000;
  const random = createRandom(seed);
  const clock = (options.createClock ?? createVirtualClock)(EPOCH_MS + (before.at(-1)?.virtualMs ?? 0));
  const task = asTaskId(scenario.name);
  const spec = options.full ? { ...scenario.task, stop: { ...scenario.task.stop, accuracy: null, patience: null } } : scenario.task;

  const devices = await fleetOf(scenario, seed);
  const troubled = scenario.troubles && troubledEdges(scenario.troubles, scenario.edges, seed);
  const spoil = (number: number, trainer: Trainer): Trainer => {
    if (troubled?.stragglers.includes(number)) return neverFinishing(trainer, clock);
    return troubled?.scaledUpdates.includes(number) ? withScaledUpdates(trainer, scenario.troubles?.scaledUpdates.factor ?? 1, clock) : trainer;
  };
  const learning = await openLearning(scenario, { clock, seed, workers });
  const lines: RoundLine[] = [...before];
  try {
    const watch = createRoundWatch(EPOCH_MS, findAlgorithm(spec.algorithm.name).needs.barrier ? 0 : MOST_ROUNDS_BEHIND);
    const end: End = { over: null, broken: null, lastError: null };
    const troubles = scenario.faults && createTroubles(scenario.faults, { clock, epochMs: EPOCH_MS, random: random.fork('troubles'), roundsBefore: before.length });
    const house = await createVirtualCoordinator({
      clock, random: random.fork('coordinator'), evaluator: learning.evaluator, logger, folder, troubles,
      listener: { roundEnded: (_task, round, merged) => note(round, merged), tasksChanged: () => attempt(look()) },
      onRestart: () => attempt(look()),
    });
    const { store, blobs } = house;
    const keeper = createVersionKeeper({
      store, blobs, task, last: scenario.server.keepVersions,
      onFailure: (error) => logger.warn({ code: error.code, err: error }, 'an old version was not forgotten'),
    });
    let last = before.at(-1)?.round ?? 0;
    /** The task's owner has noticed, and is on his way. */
    let comes = false;
    let ending = false;
    /** Edges by their ids. */
    const numbers = new Map<EdgeId, number>();

    function note(round: LiveRound, merged: readonly AssignmentId[]): void {
      // What a resumed coordinator tells again stands in the record.
      if (round.round <= last) return;
      last = round.round;
      const struck = troubles?.take();
      // A clock that is wrong says nothing of when it was.
      const ended = watch.ended(troubles ? { ...round, endedAt: clock.now() } : round, merged);
      const findings = findingsNow();
      const attackSuccess = ended.version === null ? null : learning.attackSuccessOf(ended.version);
      const line: RoundLine = { ...ended, ...(attackSuccess === null ? {} : { attackSuccess }), ...(struck ? { faults: struck } : {}), ...(findings.length === 0 ? {} : { findings }) };
      lines.push(line);
      onLine(line);
      const aborted = lines.length - 1 - lines.findLastIndex(({ outcome }) => outcome === 'committed');
      if (aborted >= MOST_ABORTED) end.broken = new MurmurError('unavailable', `${aborted} rounds in a row were aborted: ${line.reason}${end.lastError === null ? '' : `; an edge said: ${end.lastError}`}`);
      if (line.version !== null) keeper.committed(line.version);
    }

    /** What stands, its edges by their numbers. */
    function findingsNow(): RoundFinding[] {
      const standing = house.current()?.drivers()[0]?.findings() ?? [];
      return standing.map(({ reading, edges: whom, since, sure }) => ({ reading, since, sure, edges: whom.flatMap((edge) => numbers.get(edge) ?? []) }));
    }

    /** A process may have died between a round's commit and its line. */
    async function catchUp(): Promise<void> {
      for (const round of (await house.current()?.liveRounds(task)) ?? []) note(round, []);
    }

    /** Of what nobody waits for: a failure ends the run, unless it has ended. */
    function attempt(job: Promise<void>): void {
      job.catch((thrown: unknown) => {
        if (!ending) end.broken ??= toMurmurError(thrown);
      });
    }

    async function look(): Promise<void> {
      // Where a disk failed behind a commit, nobody was told of the round.
      await catchUp();
      const { status, statusReason } = (await store.getTask(task)) ?? { status: 'created', statusReason: null };
      if (status === 'stopped' && troubles) {
        if (!comes) clock.after(OWNER_MS, () => attempt(startAgain()));
        comes = true;
        return;
      }
      if (status === 'finished' || status === 'stopped') end.over = { reason: statusReason ?? status, failed: status === 'stopped' };
    }

    /** Where its disk failed a task stops by itself; its owner starts it again. */
    async function startAgain(): Promise<void> {
      comes = false;
      const coordinator = house.current();
      // Whoever starts the coordinator again looks again.
      if (ending || coordinator === null || (await store.getTask(task))?.status !== 'stopped') return;
      troubles?.struck('task started again');
      await coordinator.startTask(task).catch(look);
    }

    const edges: SimulatedEdge[] = [];
    try {
      onLine({ ...runLine(scenario, seed, devices, learning.examples), ...(learning.attackers.length > 0 ? { attackers: learning.attackers } : {}) });
      const cache = createCheckpointCache(blobs);
      void learning.broken.then((error) => {
        end.broken = error;
      });
      for (const { version } of before) if (version !== null) keeper.committed(version);

      const begin = async (): Promise<void> => {
        await house.start();
        const coordinator = house.current();
        if (coordinator !== null && !(await store.getTask(task))) {
          await coordinator.createTask(spec);
          await coordinator.startTask(task);
        }
        // It may have ended, or stopped, before it was interrupted.
        await look();
      };
      await settledIn(clock, begin());
      const trouble = troubles && { troubles, server: () => house.downloads() };
      for (const [number, device] of devices.entries()) {
        edges.push(
          createSimulatedEdge({
            number, device, clock, epochMs: EPOCH_MS, random: random.fork(`edge ${number}`), connect: (line) => house.connect(line), checkpoints: cache, trouble,
            onDownload: (bytes) => house.current()?.drivers()[0]?.countDownload(bytes),
            dataset: () => learning.datasetOf(number), computing: learning.computingOf(number),
            createTrainer: (pace) => spoil(number, learning.trainer(number, pace)),
            onEvent(event) {
              if (event.type === 'error') end.lastError = event.error.message;
              watch.onEdge(number, event);
            },
          }),
        );
      }
      for (const [number, { id }] of edges.entries()) numbers.set(id, number);
      for (const edge of edges) edge.start();
      troubles?.begin(edges, house.troubled);
      const latest = EPOCH_MS + scenario.hours * HOUR_MS;
      await clock.runUntil(() => end.over !== null || end.broken !== null || signal?.aborted === true || clock.now() > latest);
      ending = true;
      troubles?.end();
      await keeper.settled();
      if (end.broken !== null) throw end.broken;
      if (signal?.aborted) throw new MurmurError('aborted', `the simulation was interrupted after round ${lines.at(-1)?.round ?? 0}`);
      if (end.over?.failed) throw new MurmurError('unavailable', `the task was stopped: ${end.over.reason}`);
      if (end.over === null) {
        if (clock.now() <= latest) throw new MurmurError('internal', 'nothing is left to wait for, and the task has not ended');
        if (!lines.some(({ outcome }) => outcome === 'committed')) throw new MurmurError('unavailable', `${scenario.hours} virtual hours passed without a round that was committed${lines.length > 0 ? `; the last one: ${lines[lines.length - 1].reason}` : '; never were enough edges eligible'}`);
        logger.warn({ hours: scenario.hours }, 'the scenario’s hours have passed before its rounds');
      }
      const version = await store.latestVersion(task);
      const record = await store.getTask(task);
      const found = trainsModel(spec) || record === null || version === null || version.version === 0 ? null : await readResult(blobs, record, version);
      const result = resultOf({ scenario: scenario.name, seed, target: scenario.target }, lines, { wallSeconds: wallBefore + (performance.now() - began) / 1000, digest: version?.checkpoint ?? '', ...(found === null ? {} : { found }) });
      onLine(result);
      return result;
    } finally {
      ending = true;
      // The coordinator first: who is working then has not given its assignment back, and a resumed run goes on with it.
      await settledIn(clock, house.stop(() => Promise.all(edges.map((edge) => edge.stop()))));
    }
  } finally {
    await learning.stop();
  }
}
