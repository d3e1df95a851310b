/** `murmur statistics` as its users run it, against a real coordinator and agents with the flowers of the docs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMurmur } from '../../cli/main.ts';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import type { StatisticsResult } from '../../shared/algorithms/statistics/result.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';

const DOCS = join(import.meta.dirname, '../../docs/flowers');
const GARDENS = ['garden', 'meadow'];

let live: LiveServer;
const agents: RunningAgent[] = [];

/** Everything that a command printed. */
async function murmur(...args: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const take = (piece: string): void => void (text += piece);
  const code = await runMurmur([...args, '--url', live.server.url], { out: take, error: take });
  return { code, text };
}

beforeAll(async () => {
  live = await startLiveServer();
  const spec = JSON.parse(await readFile(join(DOCS, 'statistics.json'), 'utf8')) as TaskSpecInput;
  // A year later every sepal is longer by one centimetre, and a tenth of the petals was not measured.
  for (const name of GARDENS) {
    const [head, ...rows] = (await readFile(join(DOCS, `${name}.csv`), 'utf8')).trim().split('\n').map((line) => line.split(','));
    const at = (column: string): number => head.indexOf(column);
    const later = rows.map((row, i) => row.map((value, place) => (place === at('sepal_length') ? String(Number(value) + 1) : place === at('petal_length') && i % 10 === 0 ? 'NA' : value)));
    await writeFile(join(live.folder, `${name}-later.csv`), [head, ...later].map((line) => line.join(',')).join('\n'));
  }
  await live.runTask(spec);
  for (const name of GARDENS) {
    agents.push(await startAgent({
      url: live.server.url, name, stateFolder: join(live.folder, name), enrolmentToken: live.server.enrolmentToken, backend: 'cpu',
      dataset: (task) => openDatasetSource(`csv:${task === 'flowers-later' ? join(live.folder, `${name}-later.csv`) : join(DOCS, `${name}.csv`)}`),
    }));
  }
  // One after the other: an edge works on one assignment at a time.
  await live.untilRounds(1);
  await live.runTask({ ...spec, name: 'flowers-later' });
  await live.untilRounds(2);
}, 60_000);
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await live.stop();
});

describe('murmur statistics', () => {
  it('prints tables and pictures of characters for people', async () => {
    const { code, text } = await murmur('statistics', 'flowers-statistics');
    expect(code).toBe(0);
    expect(text).toMatch(/^flowers-statistics, version 1 of \d{4}-/);
    expect(text).toContain('120 rows at 2 edges; no number rests on fewer than 2.');
    expect(text).toMatch(/^sepal_length +numeric +2 +120 +0 +5\.8658 +0\.84838/m);
    expect(text).toMatch(/species, values\n.*\nsetosa +40 +█{32}\nversicolor +40 +█{32}\nvirginica +40 +█{32}/);
    expect(text).toMatch(/Covariance over 120 rows/);
    expect(text).toContain('Data quality: nothing stands out.');
  });

  it('gives all of it to programs', async () => {
    const { text } = await murmur('statistics', 'flowers-statistics', '--json');
    const { task, version, result, findings, drift } = JSON.parse(text) as { task: string; version: number; result: StatisticsResult; findings: unknown[]; drift: unknown };
    expect({ task, version, findings, drift }).toEqual({ task: 'flowers-statistics', version: 1, findings: [], drift: null });
    const rows = (await Promise.all(GARDENS.map(async (name) => (await readFile(join(DOCS, `${name}.csv`), 'utf8')).trim().split('\n').slice(1)))).flat().map((line) => line.split(','));
    const head = (await readFile(join(DOCS, 'garden.csv'), 'utf8')).split('\n')[0].split(',');
    const lengths = rows.map((row) => Number(row[head.indexOf('petal_length')]));
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(result.columns[2].measures?.moments?.mean).toBeCloseTo(mean, 10);
    expect(result.columns[2].measures?.moments?.variance).toBeCloseTo(lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / lengths.length, 10);
  });

  it('says what changed beside another task', async () => {
    const { text } = await murmur('statistics', 'flowers-later', '--against', 'flowers-statistics');
    expect(text).toMatch(/^What changed since flowers-statistics, version 1 of 20\d\d-\S+Z$/m);
    // One centimetre of a deviation of 0.84838.
    expect(text).toMatch(/^sepal_length +\d\S* +\d\S* +1\.1787 +0\.00 %$/m);
    expect(text).toMatch(/^sepal_length +! drift +its distribution has changed: stability index/m);
    expect(text).toMatch(/^sepal_length +shift +its mean has moved by 1\.18 of its deviations/m);
    expect(text).toMatch(/^petal_length +missing +10\.\d % of the values are missing/m);
    expect(text).toMatch(/^petal_length +missing drift +10\.\d % more of its values are missing than before/m);
    const { text: same } = await murmur('statistics', 'flowers-statistics', '--against', 'flowers-statistics@1');
    expect(same).toContain('Data quality: nothing stands out.');
  });

  it('shows a task without a model as such, and exports no model of it', async () => {
    expect((await murmur('task', 'show', 'flowers-statistics')).text).toContain('version 1; `murmur statistics flowers-statistics` shows it');
    const refused = await murmur('models', 'export', 'flowers-statistics', '--format', 'tfjs', '--out', join(live.folder, 'none'));
    expect([refused.code, refused.text]).toEqual([2, expect.stringContaining('has no model that TensorFlow.js could load')]);
    expect((await murmur('statistics', 'nobody')).text).toContain('no task is named nobody');
  });
});
