/** One page of HTML from the records of one run or several: it opens from a disk, needs no network and runs no script. */
import { MurmurError } from '../../shared/errors.ts';
import type { RunRecord } from '../run/read-record.ts';
import { groupRuns, titleOf, type Group } from './groups.ts';
import { element, escapeText } from './markup.ts';
import { fairnessSection } from './sections/fairness.ts';
import { gossipSection } from './sections/gossip.ts';
import { headOfOne, headOfSeveral } from './sections/head.ts';
import { learningSection } from './sections/learning.ts';
import { roundsTable } from './sections/rounds-table.ts';
import { roundsSection } from './sections/rounds.ts';
import { trafficOfOne, trafficOfSeveral } from './sections/traffic.ts';
import { STYLE } from './style.ts';

/** Nothing may be loaded from anywhere, whatever stands in a scenario's texts. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * @param records runs in any state, finished or not; seeds of one scenario are drawn with their mean
 * @throws bad_usage without a record
 */
export function renderReport(records: readonly RunRecord[]): string {
  if (records.length === 0) throw new MurmurError('bad_usage', 'there is no run to report on');
  const groups = groupRuns(records);
  const single = records.length === 1;
  const title = titleOf(groups);
  const head = single ? headOfOne(records[0]) : headOfSeveral(groups);
  const details = single ? ofOneRun(records[0]) : groups.flatMap((group) => group.runs.map((record, i) => foldedRun(group, record, i === 0 && group === groups[0]))).join('');
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">`,
    `<title>${escapeText(title)} – simulation report</title><style>${STYLE}</style></head><body><main>`,
    '<p class="kind">Murmuration · simulation report</p>', head,
    ...(records.every(({ rounds }) => rounds.length === 0) ? ['<p class="warn">No round has ended yet.</p>'] : ['<h2>Learning</h2>', grid(learningSection(groups), ...(single ? [] : [trafficOfSeveral(groups)])), details]),
    '</main><footer>Made from the lines in rounds.jsonl. Times are virtual unless called real.</footer></body></html>\n',
  ].join('');
}

const grid = (...content: readonly string[]): string => element('div', { class: 'grid-of' }, ...content);

function ofOneRun(record: RunRecord): string {
  if (record.run.gossip !== undefined) return `<h2>Peers</h2>${grid(gossipSection(record), roundsTable(record))}`;
  return `<h2>Rounds</h2>${grid(roundsSection(record), trafficOfOne(record), roundsTable(record))}<h2>Fairness</h2>${grid(fairnessSection(record))}`;
}

function foldedRun({ name }: Group, record: RunRecord, open: boolean): string {
  const isGossip = record.run.gossip !== undefined;
  const sections = isGossip ? grid(gossipSection(record), roundsTable(record)) : grid(roundsSection(record), trafficOfOne(record), fairnessSection(record), roundsTable(record));
  return `<details class="run"${open ? ' open' : ''}><summary>${escapeText(name)}, seed ${record.run.seed}: ${isGossip ? 'peers' : 'rounds and fairness'}</summary>${sections}</details>`;
}
