/** `murmur simulate SCENARIO`: runs a scenario, or many of them, and says what came of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { MurmurError } from '../../shared/errors.ts';
import { collect, parseCount, parseRate } from '../arguments.ts';
import { withInterruption } from '../interruption.ts';
import type { Output } from '../output.ts';
import { describeResult } from '../simulate/describe-result.ts';
import { parseSeed, settingsOf, type SimulateOptions } from '../simulate/simulate-options.ts';
import { formatTable } from '../table.ts';

export function addSimulate(parent: Command, output: Output): void {
  parent
    .command('simulate')
    .description('run a scenario: the real coordinator and real edges over a virtual network, in virtual time')
    .argument('[scenario]', 'the name of one (--list), or a JSON file')
    .option('--list', 'list the scenarios that have names')
    .option('--show', 'print the scenario complete, every default filled in, and run nothing')
    .option('--seed <n>', 'the same seed gives the same result', parseSeed, 1)
    .option('--seeds <a..b>', 'one run for each seed, and one table; with --faults, the seeds of the schedules')
    .option('--workers <n>', 'threads that train (default: one a core)', parseCount)
    .option('--rounds <n>', 'versions at which it ends at the latest', parseCount)
    .option('--full', 'go on when the target is reached')
    .option('--set <path=value>', 'change a setting of the scenario, as in task.algorithm.learningRate=0.05; may be given several times', collect)
    .option('--sweep <path=v1,v2>', 'one run for each value, and one table; may be given several times', collect)
    .option('--out <folder>', 'where runs are kept (default: data/simulations/SCENARIO-seedN); one that was interrupted goes on from there')
    .option('--no-keep', 'keep nothing: no folder, no report, no resuming')
    .option('--fresh', 'begin anew where an unfinished run lies in the folder')
    .option('--partition <file>', 'draw how the examples are dealt out, as an SVG, and run nothing')
    .option('--fleet <file>', 'draw when devices are there, how fast they and their lines are, as an SVG, and run nothing')
    .option('--faults', 'break everything that can break, by schedules drawn from seeds, and check that nothing is lost, counted twice or left behind')
    .option('--gossip', 'with --faults: swarms of peers that learn without a coordinator')
    .option('--find-rate', 'try learning rates out, one a round, and say which is good')
    .option('--from <rate>', 'with --find-rate: the smallest (default: 0.0001)', parseRate)
    .option('--to <rate>', 'with --find-rate: the largest (default: 10)', parseRate)
    .option('--svg <file>', 'with --find-rate: draw the loss against the rate')
    .option('--schedule <file>', 'with --faults: replay one schedule')
    .option('--trace', 'with --faults: a line for each message, fault and step of the disk')
    .action((name: string | undefined, options: SimulateOptions) => withInterruption((signal) => run(name, options, signal, output)));
}

async function run(name: string | undefined, options: SimulateOptions, signal: AbortSignal, output: Output): Promise<void> {
  // Loaded here, so that the other commands need not wait for it.
  const { findScenario, listScenarios } = await import('../../simulations/scenario/find-scenario.ts');
  if (options.faults) return faults(name, options, signal, output);
  if (options.trace || options.gossip || options.schedule !== undefined) throw new MurmurError('bad_usage', '--gossip, --trace and --schedule go with --faults');
  if (!options.findRate && (options.from !== undefined || options.to !== undefined || options.svg !== undefined)) throw new MurmurError('bad_usage', '--from, --to and --svg go with --find-rate');
  if (options.list) return output.result({ scenarios: listScenarios() }, formatTable(['SCENARIO', 'WHAT IT SHOWS'], listScenarios().map((one) => [one.name, one.description])));
  if (name === undefined) throw new MurmurError('bad_usage', 'which scenario? Give its name or a JSON file; `murmur simulate --list` lists those that have names');
  if (options.seeds !== undefined || options.sweep !== undefined) {
    if (options.show || options.partition !== undefined || options.fleet !== undefined) throw new MurmurError('bad_usage', '--show, --partition and --fleet are of one run: give --seed, and no --seeds or --sweep');
    const { sweepRuns } = await import('../simulate/sweep-runs.ts');
    return sweepRuns(name, options, signal, output);
  }
  if (options.findRate) {
    const { findRateOf } = await import('../simulate/find-rate.ts');
    return findRateOf(name, options, signal, output);
  }
  const settings = settingsOf(options);
  const scenario = await findScenario(name, settings);
  const { seed } = options;
  if (options.show) return output.result(scenario, JSON.stringify(scenario, null, 2));
  if (options.partition !== undefined) {
    const { drawPartitionOf } = await import('../../simulations/scenario/pictures.ts');
    await writeFile(options.partition, await drawPartitionOf(scenario, seed));
    return output.result({ scenario: scenario.name, seed, partition: options.partition }, `The partition of ${scenario.name} with seed ${seed} is drawn in ${options.partition}.`);
  }
  if (options.fleet !== undefined) {
    const { drawFleetOf } = await import('../../simulations/scenario/pictures.ts');
    await writeFile(options.fleet, await drawFleetOf(scenario, seed));
    return output.result({ scenario: scenario.name, seed, fleet: options.fleet }, `The fleet of ${scenario.name} with seed ${seed} is drawn in ${options.fleet}.`);
  }
  const { runScenario } = await import('../simulate/one-run.ts');
  const path = options.keep ? (options.out ?? join('data', 'simulations', `${scenario.name}-seed${seed}`)) : null;
  const { type: _, ...result } = await runScenario({ scenario, seed, settings, path, signal, output }, options);
  output.result(result, describeResult({ type: 'result', ...result }, path));
}

async function faults(name: string | undefined, { gossip, seeds, schedule, trace, out }: SimulateOptions, signal: AbortSignal, output: Output): Promise<void> {
  if (name !== undefined) throw new MurmurError('bad_usage', `--faults has a world of its own: leave ${JSON.stringify(name)} out`);
  const { runFaultCommand } = await import('../../simulations/faults/command.ts');
  const options = { signal, ...(seeds === undefined ? {} : { seeds }), ...(schedule === undefined ? {} : { schedule }), ...(trace ? { trace } : {}), ...(out === undefined ? {} : { into: out }) };
  // What was found has been told, each with the command that replays it.
  if (!(await whole(gossip))) output.markFailed();

  async function whole(ofSwarms: true | undefined): Promise<boolean> {
    if (ofSwarms) return runFaultCommand((await import('../../simulations/faults/gossip/swarm-kind.ts')).SWARMS, options, output);
    return runFaultCommand((await import('../../simulations/faults/federation-kind.ts')).FEDERATIONS, options, output);
  }
}
