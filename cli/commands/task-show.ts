/** `murmur task show NAME`: where a task stands, its last rounds, and for one round who took part and why, or why not. */
import type { Command } from 'commander';
import type { ParticipationRecord, RoundRecord, TaskRecord } from '../../server/storage/store.ts';
import { formatBytes, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { parseCount } from '../arguments.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';
import { formatTable } from '../table.ts';

const ROUNDS_SHOWN = 10;

export function addTaskShow(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('show'))
    .description('show a task: its state, its last rounds, and who took part in the newest one')
    .argument('<name>', 'the task')
    .option('--round <n>', 'the decisions of this round instead of the newest', parseCount)
    .action(async (name: string, options: CoordinatorOptions & { round?: number }) => {
      const api = await connect(options);
      const { task, live } = await api.getTask(name);
      const rounds = await api.listRounds(name, ROUNDS_SHOWN);
      const wanted = options.round ?? rounds.at(0)?.round;
      const shown = wanted === undefined ? null : await api.getRound(name, wanted);
      const parts = [describeTask(task, live)];
      if (rounds.length > 0) parts.push(describeRounds(rounds));
      if (shown !== null) parts.push(describeDecisions(shown.round, shown.participations));
      output.result({ task, live, rounds, round: shown?.round ?? null, participations: shown?.participations ?? [] }, parts.join('\n\n'));
    });
}

function describeTask({ id, spec, status, statusReason }: TaskRecord, live: LiveTask | null): string {
  const lines = [
    ['task', spec.description === '' ? id : `${id}: ${spec.description}`],
    ['status', statusReason === null ? status : `${status} (${statusReason})`],
    ['algorithm', spec.algorithm.name],
    ['goal', `${spec.round.goal} reports a round, at least ${spec.round.minimum}`],
  ];
  if (live !== null) {
    // Before anybody is asked, what a round lacks is edges; those that work are not eligible for anything else.
    const who = live.selected === 0 ? `${live.eligible} eligible of the ${spec.round.minimum} that it waits for` : `${live.selected} selected, ${live.reported} reported`;
    if (live.phase !== null) lines.push(['now', `round ${live.round}, ${live.phase}: ${who}`]);
    const target = live.targetAccuracy === null ? '' : ` (target ${formatPercent(live.targetAccuracy)})`;
    lines.push(['model', `version ${live.version}, accuracy ${formatPercent(live.accuracy)}${target}, loss ${formatLoss(live.loss)}`]);
    lines.push(['bytes', `${formatBytes(live.bytesUp)} up, ${formatBytes(live.bytesDown)} down`]);
  }
  return lines.map(([label, value]) => `${label.padEnd(10)} ${value}`).join('\n');
}

function describeRounds(rounds: readonly RoundRecord[]): string {
  const rows = rounds.map((round) => [
    String(round.round), round.outcome, `${round.reported}/${round.selected}`, String(round.eligible),
    round.version === null ? '' : String(round.version), formatBytes(round.bytesUp), formatBytes(round.bytesDown),
    round.endedAt === null ? '' : formatDuration(round.endedAt - round.startedAt), round.reason ?? '',
  ]);
  return formatTable(['ROUND', 'OUTCOME', 'REPORTED', 'ELIGIBLE', 'VERSION', 'UP', 'DOWN', 'TIME', 'REASON'], rows);
}

function describeDecisions(round: RoundRecord, participations: readonly ParticipationRecord[]): string {
  const head = `Round ${round.round}: who was considered, and what became of it`;
  const rows = participations.map(({ edge, status, examples, reason }) => [edge, status, examples === null ? '' : String(examples), reason]);
  const table = rows.length === 0 ? 'Nobody yet.' : formatTable(['EDGE', 'STATUS', 'EXAMPLES', 'REASON'], rows);
  const others = Object.entries(round.reasons).map(([reason, count]) => `${count} × ${reason}`);
  return [head, table, ...(others.length === 0 ? [] : [`Not chosen: ${others.join(', ')}`])].join('\n');
}
