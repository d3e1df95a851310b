/** What `npm start` runs: a coordinator, the demo's task, its agents, and a view of it all. */
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { startServer, type RunningServer } from '../server/index.ts';
import { systemClock } from '../shared/clock.ts';
import { isMurmurError, MurmurError } from '../shared/errors.ts';
import { formatPercent } from '../shared/format.ts';
import { asTaskId } from '../shared/ids.ts';
import { isGossipTask } from '../shared/task/task-spec.ts';
import { mnistContract, mnistExamples } from '../simulations/datasets/mnist.ts';
import type { AgentSettings } from './demo/agent-process.ts';
import { demoFiles } from './demo/demo-files.ts';
import { parseDemoOptions, type DemoOptions } from './demo/demo-options.ts';
import { DEMO_TASK, demoDataset, demoTask } from './demo/demo-task.ts';
import { startFleet } from './demo/fleet.ts';
import { runGossipDemo } from './demo/gossip-demo.ts';
import { GOSSIP_DEMO_TASK } from './demo/gossip-task.ts';
import { createProgressView, type ProgressView } from './demo/progress-view.ts';
import { demoResult, type DemoResult } from './demo/result.ts';
import { taskEnded, type TaskEnd } from './demo/task-end.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { whenAborted, withInterruption } from './interruption.ts';
import { createTextLogger } from './logger.ts';
import { createOutput, processStreams, type Output, type Streams } from './output.ts';

/**
 * @param argv the arguments behind `npm start --`
 * @param startedAt when the set-up ended, on the clock of `performance.now()`
 * @returns the exit code: 0 the target (or the number of rounds asked for) was reached or the user left; 1 failed; 2 wrong usage
 */
export async function runDemo(argv: readonly string[], startedAt = performance.now(), streams: Streams = processStreams): Promise<number> {
  const output = createOutput(streams, { json: argv.includes('--json'), verbose: argv.includes('--verbose') });
  try {
    const options = parseDemoOptions(argv, streams);
    return await withInterruption((signal) => demo(options, output, signal, startedAt));
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.done;
      output.failure(new MurmurError('bad_usage', `${thrown.message.replace(/^error: /, '')}; \`npm start -- --help\` tells more`));
      return EXIT.usage;
    }
    output.failure(thrown);
    return exitCodeOf(thrown);
  }
}

async function demo(options: DemoOptions, output: Output, signal: AbortSignal, startedAt: number): Promise<number> {
  output.note(options.gossip ? 'Starting the rendezvous …' : 'Starting the coordinator …');
  const server = await startServer({
    data: options.data,
    port: options.port,
    enrolment: { open: true },
    logger: createTextLogger(output),
    evaluation: { [DEMO_TASK]: testDigits, [GOSSIP_DEMO_TASK]: testDigits },
    files: await demoFiles(),
  });
  if (options.gossip) {
    try {
      return await runGossipDemo(server, options, output, signal, startedAt);
    } finally {
      await server.stop();
    }
  }
  const view = createProgressView(output, { url: server.url, taskName: DEMO_TASK, startedAt });
  try {
    return await runTask(server, view, options, output, signal, startedAt);
  } finally {
    view.close();
    await server.stop();
  }
}

const testDigits = (): ReturnType<typeof mnistExamples> => mnistExamples('test', mnistContract({ flat: true }));

async function runTask(server: RunningServer, view: ProgressView, options: DemoOptions, output: Output, signal: AbortSignal, startedAt: number): Promise<number> {
  const task = await ensureTask(server, options, view);
  view.note(`The page is ${server.url}/ and a browser tab joins at ${server.url}/join`, { event: 'listening', url: server.url, task: DEMO_TASK });
  view.seed(await server.coordinator.liveRounds(asTaskId(DEMO_TASK)));
  const offLive = server.onLive((state) => view.state(state));
  const offRounds = server.onRounds((name, rounds) => {
    if (name === DEMO_TASK) view.rounds(rounds);
  });
  const done = new AbortController();
  const ended = taskEnded(server, DEMO_TASK, done.signal);
  // The launcher may leave before anybody waits for it.
  ended.catch(() => undefined);
  const finished = task.status === 'finished';
  const fleet = startFleet({ agents: finished && options.once ? [] : agentSettings(server.url, options), clock: systemClock, onNote: (text) => view.note(text, { event: 'agent', message: text }) });
  if (fleet.pids.length > 0) view.note(`${fleet.pids.length} agents start, each with its part of the digits.`, { event: 'fleet', pids: fleet.pids });
  try {
    if (!finished) await server.startTask(DEMO_TASK);
    const lost = fleet.lost.then((): TaskEnd => {
      throw new MurmurError('backend_failed', 'every agent crashed too often; run `murmur agent` by hand to see why');
    });
    const end = await Promise.race([ended, lost, whenAborted(signal).then(() => null)]);
    if (end === null) {
      view.note('Stopping: the agents leave and the coordinator ends. `npm start` goes on from here.', { event: 'interrupted' });
      return options.once ? EXIT.failed : EXIT.done;
    }
    const result = await demoResult(server, DEMO_TASK, (performance.now() - startedAt) / 1000);
    const code = judge(result, end, options);
    view.close();
    if (options.once) {
      output.result(result, describeEnd(result, end, finished));
      return code;
    }
    output.event({ event: 'finished', ...result }, `${describeEnd(result, end, finished)}\n${whatNext(server.url, options)}`);
    await whenAborted(signal);
    output.note('Stopping …');
    return code;
  } finally {
    done.abort();
    offLive();
    offRounds();
    await fleet.stop();
  }
}

async function ensureTask(server: RunningServer, options: DemoOptions, view: ProgressView): Promise<{ readonly status: string }> {
  const spec = demoTask({ agents: options.agents, rounds: options.rounds ?? null });
  try {
    return await server.createTask(spec);
  } catch (thrown) {
    if (!isMurmurError(thrown, 'conflict')) throw thrown;
    const kept = await server.coordinator.getTask(asTaskId(DEMO_TASK));
    if (isGossipTask(kept.spec)) throw thrown;
    // A task is what it was created as: other numbers on the command line cannot change it.
    if (kept.spec.round.goal !== spec.round.goal || (options.rounds !== undefined && kept.spec.stop.rounds !== options.rounds)) {
      view.note(`The task kept in ${options.data} was created for ${kept.spec.round.goal} agents and at most ${kept.spec.stop.rounds ?? 'any number of'} rounds, and stays so; --data with another folder begins anew.`, { event: 'kept', goal: kept.spec.round.goal, rounds: kept.spec.stop.rounds });
    }
    return kept;
  }
}

function agentSettings(url: string, { agents, data }: DemoOptions): readonly AgentSettings[] {
  return Array.from({ length: agents }, (_, index) => {
    // Names that sort as they count.
    const name = `agent-${String(index + 1).padStart(String(agents).length, '0')}`;
    return { url, name, dataset: demoDataset(index + 1, agents), stateFolder: join(data, 'agents', name), measurementsFolder: join(data, 'measured') };
  });
}

/** `--rounds` asks for so many rounds: having run them is success, whatever they reached. */
function judge(result: DemoResult, end: TaskEnd, options: DemoOptions): number {
  return end.reachedTarget || (options.rounds !== undefined && result.rounds >= options.rounds) ? EXIT.done : EXIT.failed;
}

function describeEnd(result: DemoResult, end: TaskEnd, before: boolean): string {
  const reached = `${formatPercent(result.accuracy)} of the test digits are read rightly after ${result.rounds} rounds`;
  if (before) return `The task was finished already: ${reached}.`;
  return end.reachedTarget ? `The target is reached: ${reached}, ${result.wallSeconds.toFixed(0)} s after the start.` : `The task ended without its target (${end.reason ?? 'no reason given'}): ${reached}.`;
}

function whatNext(url: string, options: DemoOptions): string {
  const data = options.data === 'data' ? '' : ` --data ${options.data}`;
  return `The coordinator stays up: look at ${url}/, or try \`npm run --silent murmur -- models export ${DEMO_TASK} --format tfjs --out model${data}\`. Ctrl-C stops everything.`;
}
