/** Where the pages lie: `dist/browser` of this package, whether it runs from its sources or built. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MurmurError } from '../../shared/errors.ts';

export function packageRoot(from = dirname(fileURLToPath(import.meta.url))): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new MurmurError('bad_config', 'the package’s own folder was not found: its package.json is missing');
  return packageRoot(parent);
}

export function assetsFolder(): string {
  const folder = join(packageRoot(), 'dist', 'browser');
  if (!existsSync(folder)) throw new MurmurError('bad_config', `the pages are not built: ${folder} is missing; run \`npm run setup\``);
  return folder;
}
