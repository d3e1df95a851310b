/**
 * Makes the picture of a simulation's report in docs/images, from the folders of runs that were made before:
 *
 *     npm run murmur -- simulate fedavg-2nn-iid
 *     node scripts/report-picture.mjs data/simulations/fedavg-2nn-iid-seed1 [FOLDER …] [--out FOLDER]
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { browserOrExit, endingAll, inBothSchemes, ROOT } from './picture-making.mjs';

const SIZE = { width: 1400, height: 1000 };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string', default: join(ROOT, 'docs/images') } } });
if (positionals.length === 0) {
  console.error('Name the folder of a run: node scripts/report-picture.mjs FOLDER');
  process.exit(2);
}

const executablePath = await browserOrExit('report-picture.mjs', 'The picture needs');
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { writeReport } = await import('../dist/simulations/report/write-report.js');

await endingAll('report', 'The picture was not made', async (folder, ends) => {
  const path = join(folder, 'report.html');
  await writeReport(await Promise.all(positionals.map((run) => readRecord(run))), path);
  await inBothSchemes({ executablePath, ends, url: pathToFileURL(path).href, size: SIZE, out: values.out, name: 'simulation-report' }, (page) => page.screenshot());
});
