/** `murmur task find-rate SPEC`: tries learning rates out with the edges that are there, one a round, in a task of its own. */
import type { Command } from 'commander';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import { sleep, systemClock } from '../../shared/clock.ts';
import { hasRunAway, lossAt, ratesOf, withGrowingRate, type RateRange, type TriedRate } from '../../shared/algorithms/rate-test.ts';
import { parseCount, parseRate } from '../arguments.ts';
import { withInterruption } from '../interruption.ts';
import type { Output } from '../output.ts';
import { rangeOf, tellRate } from '../rate-outcome.ts';
import { readSpec } from '../read-spec.ts';
import type { ApiClient } from '../remote/api-client.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

interface FindRateOptions extends CoordinatorOptions, Partial<RateRange> {
  readonly svg?: string;
}

const LOOK_MS = 500;
/** A task's name has at most so many characters. */
const LONGEST_NAME = 64;
const MOST_TESTS = 99;

export function addTaskFindRate(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('find-rate'))
    .description('try learning rates out on a task with the edges that are there, and say which is good')
    .argument('<file>', 'the TaskSpec as JSON; - reads standard input')
    .option('--from <rate>', 'the smallest (default: 0.0001)', parseRate)
    .option('--to <rate>', 'the largest (default: 10)', parseRate)
    .option('--rounds <n>', 'rates that are tried, one a round (default: 16)', parseCount)
    .option('--svg <file>', 'draw the loss against the rate')
    .action((file: string, options: FindRateOptions) => withInterruption((signal) => findRate(file, options, signal, output)));
}

async function findRate(file: string, options: FindRateOptions, signal: AbortSignal, output: Output): Promise<void> {
  const range = rangeOf(options);
  const spec = await readSpec(file);
  const api = await connect(options);
  const task = await createTest(api, spec, range);
  output.note(`Task ${task} tries ${range.rounds} rates from ${range.from} to ${range.to}, one a round, with the edges that serve it at ${api.url}. Ctrl-C ends it.`);
  await api.startTask(task);
  let tried: readonly TriedRate[] = [];
  try {
    tried = await follow(api, task, range, signal, output);
  } finally {
    await api.stopTask(task).catch((thrown: unknown) => {
      if (!isMurmurError(thrown, 'conflict')) output.note(`Task ${task} could not be stopped: ${toMurmurError(thrown).message}`);
    });
  }
  await tellRate({ task }, `${task}: training loss by learning rate`, tried, options.svg, output);
}

/** A task beside the one that is asked about: its weights are of no use, and its name says so. */
async function createTest(api: ApiClient, spec: unknown, range: RateRange): Promise<string> {
  const { name, algorithm, ...rest } = partsOf(spec);
  const test = { ...rest, algorithm: withGrowingRate(algorithm, range), stop: { rounds: range.rounds }, evaluation: null };
  for (let number = 1; number <= MOST_TESTS; number++) {
    const suffix = number === 1 ? '-find-rate' : `-find-rate-${number}`;
    try {
      return (await api.createTask({ ...test, name: `${name.slice(0, LONGEST_NAME - suffix.length)}${suffix}` })).id;
    } catch (thrown) {
      if (!isMurmurError(thrown, 'conflict')) throw thrown;
    }
  }
  throw new MurmurError('conflict', `there are ${MOST_TESTS} tests of task ${name} already; give it another name`);
}

/** What else is wrong with it the coordinator says. @throws bad_task_spec */
function partsOf(spec: unknown): { readonly name: string; readonly algorithm: Readonly<Record<string, unknown>> } {
  if (typeof spec === 'object' && spec !== null && 'name' in spec && typeof spec.name === 'string' && 'algorithm' in spec && typeof spec.algorithm === 'object' && spec.algorithm !== null) {
    return { ...spec, name: spec.name, algorithm: spec.algorithm as Record<string, unknown> };
  }
  throw new MurmurError('bad_task_spec', 'this is no TaskSpec: it has no name, or no algorithm');
}

async function follow(api: ApiClient, task: string, range: RateRange, signal: AbortSignal, output: Output): Promise<readonly TriedRate[]> {
  const rates = ratesOf(range);
  const tried: TriedRate[] = [];
  for (;;) {
    const [rounds, { versions }, { task: now }] = await Promise.all([api.listRounds(task, range.rounds + 1), api.listVersions(task), api.getTask(task)]);
    const losses = new Map(versions.map(({ version, metrics }) => [version, metrics.trainLoss ?? null]));
    for (const { round, outcome, reason, version } of rounds.toReversed()) {
      // Rounds went on while nobody looked: what ran away says nothing of the rates behind it.
      if (outcome === 'running' || round !== tried.length + 1 || round > rates.length || hasRunAway(tried)) continue;
      const loss = lossAt({ outcome, reason, trainLoss: version === null ? null : (losses.get(version) ?? null) });
      tried.push({ rate: rates[round - 1], loss });
      output.event({ event: 'rate', round, rate: rates[round - 1], loss }, `rate ${rates[round - 1].toPrecision(3)}: training loss ${loss === null ? 'none' : loss.toFixed(4)}`);
    }
    if (tried.length === rates.length || hasRunAway(tried)) return tried;
    if (now.status === 'stopped' || now.status === 'finished') return tried;
    await sleep(systemClock, LOOK_MS, signal);
  }
}
