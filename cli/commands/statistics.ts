/** `murmur statistics TASK`: what a task without a model has found. */
import type { Command } from 'commander';
import { parseCount } from '../arguments.ts';
import { describeResult } from '../describe-task-result.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

interface StatisticsOptions extends CoordinatorOptions {
  readonly version?: number;
}

export function addStatistics(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('statistics'))
    .description('what a task without a model has found: its newest result, or an earlier one')
    .argument('<task>', 'the task')
    .option('--version <n>', 'the version (default: the newest)', parseCount)
    .action(async (task: string, options: StatisticsOptions) => {
      const { version, result } = await (await connect(options)).getResult(task, options.version ?? 'latest');
      const head = `${task}, version ${version.version} of ${new Date(version.createdAt).toISOString()}`;
      output.result({ task, version: version.version, createdAt: version.createdAt, result }, `${head}\n${describeResult(result)}`);
    });
}
