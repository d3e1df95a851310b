/**
 * Makes the picture of docs/statistics.md from a real federation: two agents with the flowers of docs/flowers, a coordinator
 * that asks them for statistics, and the dashboard when it has them.
 *
 *     node scripts/statistics-picture.mjs [--out FOLDER]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { browserOrExit, endingAll, inBothSchemes, ROOT } from './picture-making.mjs';

const SIZE = { width: 1200, height: 900 };

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'docs/images') } } });

const executablePath = await browserOrExit('statistics-picture.mjs', 'The picture needs');
const { startServer } = await import('../dist/server/index.js');
const { startAgent } = await import('../dist/client/node/agent.js');
const { openDatasetSource } = await import('../dist/client/datasets/node/open-source.js');

await endingAll('statistics', 'The picture was not made', async (folder, ends) => {
  const spec = JSON.parse(await readFile(join(ROOT, 'docs/flowers/statistics.json'), 'utf8'));
  const server = await startServer({ data: join(folder, 'coordinator'), port: 0, enrolment: { open: true } });
  ends.push(() => server.stop());
  await server.createTask(spec);
  await server.startTask(spec.name);
  for (const name of ['garden', 'meadow']) {
    const agent = await startAgent({ url: server.url, name, backend: 'cpu', stateFolder: join(folder, name), dataset: () => openDatasetSource(`csv:${join(ROOT, 'docs/flowers', `${name}.csv`)}`) });
    ends.push(() => agent.stop());
  }
  await inBothSchemes({ executablePath, ends, url: server.url, size: SIZE, out: values.out, name: 'statistics' }, async (page) => {
    await page.getByTestId('covariance').waitFor({ timeout: 120_000 });
    return page.getByTestId('result').screenshot();
  });
});
