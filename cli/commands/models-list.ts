/** `murmur models list TASK`. */
import type { Command } from 'commander';
import { formatBytes, formatLoss, formatPercent } from '../../shared/format.ts';
import type { FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';
import { formatTable } from '../table.ts';

export function addModelsList(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('list'))
    .description("list a task's model versions, the newest first")
    .argument('<task>', 'the task')
    .action(async (task: string, options: CoordinatorOptions) => {
      const { versions, labels } = await (await connect(options)).listVersions(task);
      const rows = versions.map(({ version, round, checkpoint, bytes, createdAt, metrics, origin, evaluation }) => [
        String(version), String(round), formatPercent(metrics.accuracy ?? null), formatLoss(metrics.loss ?? null), atTheEdges(evaluation), formatBytes(bytes), checkpoint.slice(0, 12), new Date(createdAt).toISOString(), labelsOf(labels, version), origin ?? '',
      ]);
      output.result({ task, versions, labels }, versions.length === 0 ? `Task ${task} has no version yet: it gets its first one when it is started (\`murmur task start ${task}\`); one in gossip mode when it adopts a peer’s (\`murmur models adopt ${task} FILE\`).` : formatTable(['VERSION', 'ROUND', 'ACCURACY', 'LOSS', 'AT THE EDGES', 'SIZE', 'CHECKPOINT', 'CREATED', 'LABELS', 'ORIGIN'], rows));
    });
}

const labelsOf = (labels: Readonly<Record<string, number>>, version: number): string => Object.keys(labels).filter((label) => labels[label] === version).join(', ');

/** The mean over edges and their worst tenth; nothing where none judged it. */
function atTheEdges(evaluation: FederatedEvaluation | undefined): string {
  if (evaluation === undefined) return '';
  const { accuracy, mean, worstDecile } = evaluation.shared;
  const value = accuracy === null ? formatLoss : (of: number): string => formatPercent(of);
  return `${value(mean)} (worst ${value(worstDecile)})`;
}
