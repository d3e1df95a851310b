/**
 * Draws the pictures of docs/fleets.md: a fleet of each preset, and one that follows the traces of docs/fleet-traces.
 *
 *     node scripts/fleets.mjs [--size N] [--seed N] [--out FOLDER] [--png FOLDER]
 *
 * Each SVG has its colours for light and dark pages in it. `--png` gives a picture of each besides, to look at.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { size: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' }, out: { type: 'string', default: join(ROOT, 'docs/images/fleets') }, png: { type: 'string' } } });

await setUpOrExit();
const { createFleet } = await import('../dist/simulations/fleet/create-fleet.js');
const { drawFleet } = await import('../dist/simulations/fleet/draw-fleet.js');
const { parseFleetSpec } = await import('../dist/simulations/fleet/fleet-spec.js');
const { readTraces } = await import('../dist/simulations/fleet/trace-files.js');

const size = Number(values.size);
const FLEETS = {
  phones: { title: 'The preset phones', size, spec: { preset: 'phones' } },
  mixed: { title: 'The preset mixed', size, spec: { preset: 'mixed' } },
  traced: { title: 'Three devices by their traces', size: 3, spec: { preset: 'mixed', traces: { devices: 'devices.csv', availability: 'availability.csv', battery: 'battery.csv', network: 'network.csv', periodSeconds: 86_400 } } },
};
await Promise.all([values.out, ...(values.png === undefined ? [] : [values.png])].map((folder) => mkdir(folder, { recursive: true })));
for (const [name, { title, size, spec: input }] of Object.entries(FLEETS)) {
  const spec = parseFleetSpec(input);
  const traces = await readTraces(spec, join(ROOT, 'docs/fleet-traces'));
  const svg = drawFleet(createFleet(spec, { size, seed: Number(values.seed), traces }), { title, startHourUtc: spec.startHourUtc });
  await writeFile(join(values.out, `${name}.svg`), svg);
  console.log(join(values.out, `${name}.svg`));
  if (values.png === undefined) continue;
  const { default: sharp } = await import('sharp');
  await sharp(Buffer.from(svg)).png().toFile(join(values.png, `${name}.png`));
}
