/** The top of the page: what ran, and what came of it. */
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../../shared/format.ts';
import type { RunRecord } from '../../run/read-record.ts';
import type { ResultLine } from '../../run/record.ts';
import { meanAndDeviation } from '../../run/mean-and-deviation.ts';
import { resultOf } from '../../run/summary.ts';
import { gini, participations } from '../fairness.ts';
import { describeSettings, titleOf, type Group } from '../groups.ts';
import { element, escapeText } from '../markup.ts';
import { shortPercent } from '../short-percent.ts';
import { dataTable } from '../table.ts';
import { agreementText } from './gossip.ts';

/** The run's result; of one that has not ended, what it has come to so far. */
function resultSoFar({ run, rounds, result }: RunRecord): ResultLine {
  return result ?? resultOf(run, rounds, { wallSeconds: rounds.reduce((sum, line) => sum + line.wallMs, 0) / 1000, digest: '' });
}

const decimals = (value: number | null): string => (value === null ? '–' : Number.isInteger(value) ? value.toString() : value.toFixed(1));
const seconds = (value: number | null): string => formatDuration(value === null ? null : 1000 * value);
const percent = (value: number | null): string => formatPercent(value).replace(' ', '\u00a0');

export function headOfOne(record: RunRecord): string {
  const { run, rounds } = record;
  const result = resultSoFar(record);
  const aborted = rounds.filter(({ outcome }) => outcome === 'aborted').length;
  const best = rounds.reduce<number | null>((most, { accuracy }) => (accuracy === null ? most : Math.max(most ?? 0, accuracy)), null);
  const reached = result.roundsToTarget !== null;
  const tiles: readonly (readonly [name: string, value: string, note: string])[] = [
    ...(result.target === null ? [] : [[`Rounds to ${shortPercent(result.target)}`, decimals(result.roundsToTarget), reached ? `${seconds(result.virtualSecondsToTarget)} of virtual time` : record.result === null ? 'not reached so far' : 'never reached'] as const]),
    result.gossip === undefined ? ['Accuracy', percent(result.accuracy), `best ${percent(best)}, loss ${formatLoss(result.loss)}`] : ['Accuracy', percent(result.accuracy), `mean of the peers; worst ${percent(result.gossip.worst)}, mean of models ${percent(result.gossip.accuracyOfMean)}`],
    ['Rounds', formatCount(result.rounds), aborted === 0 ? 'all committed' : `${aborted} aborted`],
    ['Virtual time', seconds(result.virtualSeconds), rounds.length === 0 ? '' : `${seconds(result.virtualSeconds / rounds.length)} a round`],
    run.gossip === undefined ? ['Sent', formatBytes(result.bytesUp + result.bytesDown), `${formatBytes(result.bytesUp)} up, ${formatBytes(result.bytesDown)} down`] : ['Sent by a peer', formatBytes(result.bytesUp / Math.max(1, run.edges.length)), `${formatBytes(result.bytesUp)} in all`],
    ['Real time', seconds(result.wallSeconds), rounds.length === 0 ? '' : `${formatDuration((1000 * result.wallSeconds) / rounds.length)} a round`],
  ];
  const fleet = run.deviceClasses.map((name, index) => `${formatCount(run.edges.filter(({ deviceClass }) => deviceClass === index).length)} ${name}`).join(', ');
  const examples = run.edges.reduce((sum, edge) => sum + edge.examples, 0);
  const facts: readonly (readonly [string, string])[] = [
    ['Task', run.task], ['Seed', run.seed.toString()], ['Edges', `${formatCount(run.edges.length)} (${fleet}) with ${formatCount(examples)} examples`],
    ...(run.gossip === undefined ? [] : [['Way', run.gossip.way], ['Graph', run.gossip.topology], ['Spectral gap', agreementText(run.gossip)]] as const),
    [run.gossip === undefined ? 'Digest of the last version' : 'Digest of all models', result.digest === '' ? 'the run has not ended' : result.digest],
  ];
  return [
    heading(run.scenario, run.description, describeSettings(run.settings), record.result === null),
    element('dl', { class: 'tiles' }, ...tiles.map(([name, value, note], i) => `<div class="${i === 0 ? 'first' : ''}"><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd><dd class="under">${escapeText(note)}</dd></div>`)),
    element('dl', { class: 'facts' }, ...facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`)),
  ].join('');
}

/** @param set what was set of the scenario: its description speaks of it as it was written */
function heading(title: string, description: string, set: string, unfinished: boolean): string {
  return `<h1>${escapeText(title)}</h1>${description === '' ? '' : `<p class="lead">${escapeText(description)}</p>`}${set === '' ? '' : `<p class="set">Set for this run, whatever the description says: <b>${escapeText(set)}</b></p>`}${unfinished ? '<p class="warn">This run has not reached its end: what follows is what it has come to so far.</p>' : ''}`;
}

/** `84.3 ± 2.1`; of what only some of the runs have, how many. */
function spread(values: readonly (number | null)[], format: (value: number) => string): string {
  const there = values.filter((value) => value !== null);
  const of = meanAndDeviation(there);
  if (of === null) return '–';
  return `${escapeText(format(of.mean))}${of.deviation === null ? '' : ` <span class="muted">± ${escapeText(format(of.deviation))}</span>`}${there.length < values.length ? ` <span class="muted">(${there.length} of ${values.length})</span>` : ''}`;
}

export function headOfSeveral(groups: readonly Group[]): string {
  const runs = groups.flatMap((group) => group.runs);
  const cells = (records: readonly RunRecord[]): readonly string[] => {
    const results = records.map(resultSoFar);
    return [
      spread(results.map(({ roundsToTarget }) => roundsToTarget), decimals), spread(results.map(({ virtualSecondsToTarget }) => virtualSecondsToTarget), seconds),
      spread(results.map(({ accuracy }) => accuracy), (value) => formatPercent(value)), spread(results.map(({ bytesUp, bytesDown }) => bytesUp + bytesDown), formatBytes),
      spread(results.map(({ virtualSeconds }) => virtualSeconds), seconds), spread(results.map(({ wallSeconds }) => wallSeconds), seconds),
      spread(records.map((record) => gini(participations(record))), (value) => value.toFixed(3)), spread(records.map(({ rounds }) => rounds.filter(({ outcome }) => outcome === 'aborted').length), decimals),
    ];
  };
  const name = (group: Group): string => `<i class="line" style="--c:var(--${group.color})"></i>${escapeText(group.name)}`;
  const rows = groups.flatMap((group) => [
    [`${name(group)} <span class="muted">${group.runs.length === 1 ? `seed ${group.runs[0].run.seed}` : `${group.runs.length} seeds`}</span>`, ...cells(group.runs)],
    ...(group.runs.length === 1 ? [] : group.runs.map((record) => [`<span class="seed">seed ${record.run.seed}</span>`, ...cells([record])])),
  ]);
  const single = groups.length === 1;
  const description = single ? runs[0].run.description : `${runs.length} runs of ${groups.map(({ name: of }) => of).join('; ')}`;
  return `${heading(titleOf(groups), description, single ? describeSettings(runs[0].run.settings) : '', runs.some(({ result }) => result === null))}<div class="card overview">${dataTable(['run', 'rounds to target', 'virtual time to target', 'accuracy', 'sent', 'virtual time', 'real time', 'Gini', 'aborted'], rows)}</div>`;
}
