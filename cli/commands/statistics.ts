/** `murmur statistics TASK`: what a task without a model has found. */
import type { Command } from 'commander';
import { compareStatistics, findDrift, findQualityProblems, type ColumnDrift } from '../../shared/algorithms/statistics/quality.ts';
import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import { MurmurError } from '../../shared/errors.ts';
import { parseCount } from '../arguments.ts';
import { describeDrift, describeFindings } from '../describe-statistics.ts';
import { describeResult } from '../describe-task-result.ts';
import type { Output } from '../output.ts';
import type { ApiClient } from '../remote/api-client.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

interface StatisticsOptions extends CoordinatorOptions {
  readonly version?: number;
  readonly against?: string;
}

type Shown = Awaited<ReturnType<ApiClient['getResult']>>;

/** `--against 3` is an earlier version, `--against people-2024` another task. A task can be called by a number: then name its version, too. */
async function otherResult(api: ApiClient, task: string, against: string): Promise<Shown & { readonly task: string }> {
  if (/^\d+$/.test(against)) return { task, ...(await api.getResult(task, Number(against))) };
  const [other, version] = against.split('@', 2);
  return { task: other, ...(await api.getResult(other, version === undefined ? 'latest' : parseCount(version))) };
}

/** @throws bad_usage where one of the two is of another algorithm */
function comparison(before: TaskResult, after: TaskResult): readonly ColumnDrift[] {
  if (before.kind === 'statistics' && after.kind === 'statistics') return compareStatistics(before, after);
  throw new MurmurError('bad_usage', 'only results of the algorithm statistics can be compared');
}

export function addStatistics(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('statistics'))
    .description('what a task without a model has found: its newest result or an earlier one, what is wrong with the data, and what changed')
    .argument('<task>', 'the task')
    .option('--version <n>', 'the version (default: the newest)', parseCount)
    .option('--against <version or task>', 'say what changed since an earlier version (3), or beside another task (people-2024, people-2024@3)')
    .action(async (task: string, options: StatisticsOptions) => {
      const api = await connect(options);
      const { version, result } = await api.getResult(task, options.version ?? 'latest');
      const named = ({ task: of, version: { version: number, createdAt } }: Pick<Shown, 'version'> & { readonly task: string }): string => `${of}, version ${number} of ${new Date(createdAt).toISOString()}`;
      const head = named({ task, version });
      const other = options.against === undefined ? null : await otherResult(api, task, options.against);
      const drift = other === null ? null : comparison(other.result, result);
      const findings = [...(result.kind === 'statistics' ? findQualityProblems(result) : []), ...(drift === null ? [] : findDrift(drift))];
      const parts = [`${head}\n${describeResult(result)}`, ...(drift === null || other === null ? [] : [describeDrift(drift, named(other))]), ...(result.kind === 'statistics' ? [describeFindings(findings)] : [])];
      output.result({ task, version: version.version, createdAt: version.createdAt, result, drift, findings }, parts.join('\n\n'));
    });
}
