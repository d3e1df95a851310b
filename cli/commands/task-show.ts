/** `murmur task show NAME`: where a task stands, its last rounds, and for one round who took part and why, or why not; with `--why` that round alone, in full; with `--trouble` what is wrong with the task. */
import type { Command } from 'commander';
import type { ParticipationRecord, RoundRecord, TaskRecord } from '../../server/storage/store.ts';
import { formatBytes, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import { describeBuffer } from '../../shared/protocol/describe-buffer.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { isGossipTask, trainsModel, type TaskSpec } from '../../shared/task/task-spec.ts';
import { parseCount, parseEdge } from '../arguments.ts';
import type { Output } from '../output.ts';
import type { ApiClient } from '../remote/api-client.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';
import { formatTable } from '../table.ts';
import { describeEvaluation } from '../describe-evaluation.ts';
import { explainRound } from './explain-round.ts';
import { showSwarm } from './show-swarm.ts';
import { showTrouble, troubleInShort } from './show-trouble.ts';

const ROUNDS_SHOWN = 10;

interface ShowOptions extends CoordinatorOptions {
  readonly round?: number;
  readonly why?: boolean;
  readonly edge?: string;
  readonly trouble?: boolean;
}

export function addTaskShow(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('show'))
    .description('show a task: its state, its last rounds, and who took part in the newest one')
    .argument('<name>', 'the task')
    .option('--round <n>', 'the decisions of this round instead of the newest', parseCount)
    .option('--why', 'that round alone: what each decision rests on, and counts by reason')
    .option('--edge <id>', 'with --why: about this edge alone', parseEdge)
    .option('--trouble', 'what is wrong with the task: the evidence, and what to try')
    .action(async (name: string, options: ShowOptions) => {
      const api = await connect(options);
      if (options.trouble === true) return showTrouble(api, name, output);
      if (options.why === true || options.edge !== undefined) return showWhy(api, name, options, output);
      const { task, live } = await api.getTask(name);
      if (isGossipTask(task.spec)) return showSwarm(task, task.spec, await api.getSwarm(name), live, output);
      const rounds = await api.listRounds(name, ROUNDS_SHOWN);
      const wanted = options.round ?? rounds.at(0)?.round;
      const shown = wanted === undefined ? null : await api.getRound(name, wanted);
      const findings = await api.listFindings(name);
      const parts = [describeTask(task, task.spec, live), ...(findings.length === 0 ? [] : [troubleInShort(findings, name)])];
      const judged = (task.spec.evaluation ?? null) === null ? undefined : (await api.listVersions(name)).versions.find(({ evaluation }) => evaluation !== undefined);
      const found = judged === undefined ? null : describeEvaluation(judged);
      if (found !== null) parts.push(found);
      if (rounds.length > 0) parts.push(describeRounds(rounds));
      if (shown !== null) parts.push(describeDecisions(shown.round, shown.participations));
      output.result({ task, live, rounds, evaluation: judged?.evaluation === undefined ? null : { version: judged.version, ...judged.evaluation }, round: shown?.round ?? null, participations: shown?.participations ?? [], findings }, parts.join('\n\n'));
    });
}

async function showWhy(api: ApiClient, name: string, options: ShowOptions, output: Output): Promise<void> {
  const edge = options.edge ?? null;
  const wanted = options.round ?? (await api.listRounds(name, 1)).at(0)?.round;
  if (wanted === undefined) return output.result({ task: name, round: null, participations: [] }, `Task ${name} has had no round yet.`);
  const shown = await api.getRound(name, wanted);
  const participations = edge === null ? shown.participations : shown.participations.filter((one) => one.edge === edge);
  output.result({ task: name, round: shown.round, participations }, explainRound(shown.round, shown.participations, edge));
}

export function describeTask({ id, status, statusReason }: TaskRecord, spec: TaskSpec, live: LiveTask | null): string {
  const lines = [
    ['task', spec.description === '' ? id : `${id}: ${spec.description}`],
    ['status', statusReason === null ? status : `${status} (${statusReason})`],
    ['algorithm', spec.algorithm.name],
    ['goal', live?.buffer === undefined ? `${spec.round.goal} reports a round, at least ${spec.round.minimum}` : `a version of every ${spec.round.goal} reports`],
  ];
  if (live !== null) {
    // Before anybody is asked, what a round lacks is edges; those that work are not eligible for anything else.
    const who = live.selected === 0 ? `${live.eligible} eligible of the ${spec.round.minimum} that it waits for` : `${live.selected} selected, ${live.reported} reported`;
    const held = describeBuffer(live);
    if (live.phase !== null && held.length > 0) lines.push(['now', held.join('; ')]);
    else if (live.phase !== null) lines.push(['now', `round ${live.round}, ${live.phase}: ${who}`]);
    const best = live.best === null || live.best === undefined ? '' : live.best === live.version ? ', the best so far' : `; the best is version ${live.best}`;
    if (trainsModel(spec)) lines.push(['model', `version ${live.version}, ${describeCentral(live, spec)}${best}`]);
    else lines.push(['result', live.version === 0 ? 'none yet' : `version ${live.version}; \`murmur statistics ${id}\` shows it`]);
    lines.push(['bytes', `${formatBytes(live.bytesUp)} up, ${formatBytes(live.bytesDown)} down`]);
  }
  return lines.map(([label, value]) => `${label.padEnd(10)} ${value}`).join('\n');
}

/** What the coordinator's own evaluation found; where there is none, that what waits for it waits in vain. */
function describeCentral({ task, status, version, accuracy, loss, targetAccuracy }: LiveTask, { stop }: TaskSpec): string {
  if (version === 0 || accuracy !== null || loss !== null) return `accuracy ${formatPercent(accuracy)}${targetAccuracy === null ? '' : ` (target ${formatPercent(targetAccuracy)})`}, loss ${formatLoss(loss)}`;
  const waiting = status === 'finished' ? null : stop.accuracy !== null ? 'stop.accuracy' : stop.patience?.of === 'central' ? 'stop.patience' : null;
  return `not evaluated by the coordinator${waiting === null ? '' : `, so that ${waiting} never ends the task (\`murmur serve --evaluate ${task}=DATASET\` evaluates it)`}`;
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
