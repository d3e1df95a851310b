/**
 * What `npm start -- --gossip` runs: peers in processes of their own, a rendezvous that introduces them and shows them on its
 * page, and somebody who looks on: takes the peers' models now and then, and measures their mean on digits that no peer has.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningServer } from '../../server/index.ts';
import { systemClock } from '../../shared/clock.ts';
import { isMurmurError, MurmurError } from '../../shared/errors.ts';
import { formatPercent } from '../../shared/format.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import { accuraciesOf } from '../../shared/protocol/swarm-history.ts';
import { isGossipTask } from '../../shared/task/task-spec.ts';
import { EXIT } from '../exit-codes.ts';
import { whenAborted } from '../interruption.ts';
import type { Output } from '../output.ts';
import type { DemoOptions } from './demo-options.ts';
import { demoDataset } from './demo-task.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { createModelGatherer, meanModel, type ModelGatherer } from './gossip-models.ts';
import type { PeerSettings } from './gossip-process.ts';
import { GOSSIP_DEMO_TARGET, GOSSIP_DEMO_TASK, gossipDemoTask } from './gossip-task.ts';
import { createGossipView, type GossipProgress } from './gossip-view.ts';
import type { DemoResult } from './result.ts';

interface Run {
  readonly server: RunningServer;
  readonly options: DemoOptions;
  readonly view: GossipProgress;
  readonly gatherer: ModelGatherer;
  readonly rounds: number | null;
  readonly startedAt: number;
}

/** @returns the exit code, as `runDemo` says */
export async function runGossipDemo(server: RunningServer, options: DemoOptions, output: Output, signal: AbortSignal, startedAt: number): Promise<number> {
  const view = createGossipView(output, { url: server.url, task: GOSSIP_DEMO_TASK, target: GOSSIP_DEMO_TARGET, startedAt });
  let fleet: Fleet | null = null;
  try {
    const rounds = await openTask(server, options, view);
    view.note(`The page is ${server.url}/ and a browser tab joins at ${server.url}/join?mode=gossip`, { event: 'listening', url: server.url, task: GOSSIP_DEMO_TASK });
    const gatherer = createModelGatherer((request) => fleet?.tell(request) ?? 0);
    const ended = watch({ server, options, view, gatherer, rounds, startedAt });
    ended.catch(() => undefined);
    fleet = startFleet({
      agents: peerSettings(server.url, options), clock: systemClock, module: fileURLToPath(new URL('./gossip-process.js', import.meta.url)),
      onNote: (text) => view.note(text, { event: 'agent', message: text }), onMessage: (message) => gatherer.onMessage(message),
    });
    view.note(`${fleet.pids.length} peers start, each with its part of the digits; nobody coordinates them.`, { event: 'fleet', pids: fleet.pids });
    const lost = fleet.lost.then((): DemoResult => {
      throw new MurmurError('backend_failed', 'every peer crashed too often; run `murmur agent --gossip` by hand to see why');
    });
    const result = await Promise.race([ended, lost, whenAborted(signal).then(() => null)]);
    if (result === null) {
      view.note('Stopping: the peers leave and the rendezvous ends. `npm start -- --gossip` goes on from here.', { event: 'interrupted' });
      return options.once ? EXIT.failed : EXIT.done;
    }
    const reached = (result.accuracy ?? 0) >= GOSSIP_DEMO_TARGET;
    const code = reached || options.rounds !== undefined ? EXIT.done : EXIT.failed;
    const text = describeEnd(result, reached);
    view.close();
    if (options.once) {
      output.result(result, text);
      return code;
    }
    output.event({ event: 'finished', ...result }, `${text}\n${whatNext(server.url, options)}`);
    await whenAborted(signal);
    output.note('Stopping …');
    return code;
  } finally {
    view.close();
    await fleet?.stop();
  }
}

/** @returns the rounds after which the peers end in any case */
async function openTask(server: RunningServer, options: DemoOptions, view: GossipProgress): Promise<number | null> {
  const spec = gossipDemoTask({ peers: options.agents, rounds: options.rounds ?? null });
  let rounds = spec.stop?.rounds ?? null;
  try {
    await server.createTask(spec);
  } catch (thrown) {
    if (!isMurmurError(thrown, 'conflict')) throw thrown;
    const kept = await server.coordinator.getTask(asTaskId(GOSSIP_DEMO_TASK));
    if (!isGossipTask(kept.spec)) throw thrown;
    // A task is what it was created as: other numbers on the command line cannot change it.
    rounds = kept.spec.stop.rounds;
    if (options.rounds !== undefined && options.rounds !== rounds) view.note(`The task kept in ${options.data} was created for at most ${rounds ?? 'any number of'} rounds, and stays so; --data with another folder begins anew.`, { event: 'kept', rounds });
  }
  await server.startTask(GOSSIP_DEMO_TASK);
  return rounds;
}

/** Resolves when the mean of the peers' models reaches the target, or their rounds are over. */
function watch({ server, options, view, gatherer, rounds, startedAt }: Run): Promise<DemoResult> {
  return new Promise((resolve, reject) => {
    let measuring = false;
    /** The round after which the models were measured last. */
    let measured = 0;
    const settle = (): void => off();
    const off = server.onSwarm((swarm) => {
      if (swarm.task !== GOSSIP_DEMO_TASK) return;
      view.swarm(swarm);
      const round = slowestRound(swarm, options.agents);
      if (measuring || round === null || round <= measured) return;
      const over = rounds !== null && round >= rounds;
      const { mean } = accuraciesOf(swarm);
      // The peers' own measurements are free; who looks on measures when they say that it is worth it.
      if (!over && (options.rounds !== undefined || mean === null || mean < GOSSIP_DEMO_TARGET)) return;
      measuring = true;
      measureMean(server, gatherer, startedAt).then((result) => {
        measuring = false;
        // Where nobody answered, the next that is heard of the peers is reason enough to ask again.
        if (result !== null) measured = round;
        if (result === null || (!over && (result.accuracy ?? 0) < GOSSIP_DEMO_TARGET)) return;
        settle();
        resolve(result);
      }, (thrown: unknown) => {
        settle();
        reject(thrown);
      });
    });
  });
}

/** The last round that all of the demo's peers have ended; null while some of them are not there. */
function slowestRound({ peers }: LiveSwarm, agents: number): number | null {
  const nodes = peers.filter(({ platform, toldAt }) => platform === 'node' && toldAt !== null);
  return nodes.length < agents ? null : Math.min(...nodes.map(({ round }) => round));
}

/** The mean of the peers' models becomes a version of the task at the coordinator, which measures it on the test digits. */
async function measureMean(server: RunningServer, gatherer: ModelGatherer, startedAt: number): Promise<DemoResult | null> {
  const replies = await gatherer.gather();
  if (replies.length === 0) return null;
  const rounds = Math.min(...replies.map(({ round }) => round));
  const version = await server.coordinator.adopt(asTaskId(GOSSIP_DEMO_TASK), meanModel(replies.map(({ model }) => model)), `the mean of ${replies.length} peers after round ${rounds}`);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    task: GOSSIP_DEMO_TASK,
    rounds,
    accuracy: version.metrics.accuracy ?? null,
    bytesUp: sum(replies.map(({ bytesSent }) => bytesSent)),
    bytesDown: sum(replies.map(({ bytesReceived }) => bytesReceived)),
    wallSeconds: Math.round(performance.now() - startedAt) / 1000,
    digest: version.checkpoint,
  };
}

function peerSettings(url: string, { agents, data }: DemoOptions): readonly PeerSettings[] {
  return Array.from({ length: agents }, (_, index) => {
    // Names that sort as they count.
    const name = `peer-${String(index + 1).padStart(String(agents).length, '0')}`;
    return { url, task: GOSSIP_DEMO_TASK, name, dataset: demoDataset(index + 1, agents), stateFolder: join(data, 'peers', name), measurementsFolder: join(data, 'measured') };
  });
}

function describeEnd({ accuracy, rounds, wallSeconds }: DemoResult, reached: boolean): string {
  const read = `the mean of the peers’ models reads ${formatPercent(accuracy)} of the test digits rightly after ${rounds} rounds`;
  return reached ? `The target is reached: ${read}, ${wallSeconds.toFixed(0)} s after the start.` : `The rounds are over: ${read}.`;
}

function whatNext(url: string, { data }: DemoOptions): string {
  const folder = data === 'data' ? '' : ` --data ${data}`;
  return `The peers go on: look at ${url}/, join them at ${url}/join?mode=gossip, or take the mean by \`npm run --silent murmur -- models export ${GOSSIP_DEMO_TASK} --format tfjs --out model${folder}\`. Ctrl-C stops everything.`;
}
