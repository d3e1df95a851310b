/**
 * tfjs-node and the packages that it needs, in the very versions that package-lock.json names, in a folder of their own. What the project
 * has itself is left out there: it is found one folder further up, so that both share one TensorFlow.js and its engine.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runNpm } from '../setup/packages.mjs';
import { SetupProblem } from '../setup/problem.mjs';
import { lastLines } from '../setup/run-command.mjs';
import { NotHere } from './not-here.mjs';
import { isDone, noteStep, sizeOf } from './stamp.mjs';

export const PACKAGE = '@tensorflow/tfjs-node';
/** Where the package lies in the folder that is built. */
export const PACKAGE_FOLDER = `node_modules/${PACKAGE}`;

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * The part of a lock file that one package needs.
 * @param {{ packages: Record<string, { version: string, dependencies?: Record<string, string> }> }} lock
 * @returns {Record<string, object>} entries by path, sorted
 */
export function lockClosure(lock, name) {
  const taken = new Set();
  const take = (from, wanted) => {
    // As Node looks for it: in the nearest node_modules above.
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${wanted}`;
      const entry = lock.packages[path];
      if (entry !== undefined) {
        if (taken.has(path)) return;
        taken.add(path);
        for (const dependency of Object.keys(entry.dependencies ?? {})) take(path, dependency);
        return;
      }
      // A peer or an optional package that nobody installed.
      if (folder === '') return;
    }
  };
  take('', name);
  return Object.fromEntries([...taken].sort().map((path) => [path, lock.packages[path]]));
}

/** Entries of the closure that the project has installed in the same version. */
function sharedWithProject(root, closure) {
  return Object.entries(closure).filter(([path, { version }]) => path.startsWith('node_modules/@tensorflow/') && existsSync(join(root, path, 'package.json')) && readJson(join(root, path, 'package.json')).version === version).map(([path]) => path);
}

/**
 * @returns {Promise<string>} what was installed, for the steps that build on it
 * @throws NotHere where npm cannot fetch them
 */
export async function ensurePackages(root, folder, say) {
  const lock = readJson(join(root, 'package-lock.json'));
  const closure = lockClosure(lock, PACKAGE);
  const version = closure[`node_modules/${PACKAGE}`]?.version;
  if (version === undefined) throw new SetupProblem(`package-lock.json does not name ${PACKAGE}.`, 'Go back to a clean checkout.');
  const of = `${version} ${createHash('sha256').update(JSON.stringify(closure)).digest('hex').slice(0, 16)}`;
  if (isDone(folder, 'packages', of)) return of;

  say(`Fetching ${PACKAGE} ${version} and what it needs (npm, ${Object.keys(closure).length} packages) …`);
  const described = { name: 'murmuration-native', version: '0.0.0', private: true, dependencies: { [PACKAGE]: version } };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(described, null, 2)}\n`);
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ ...described, lockfileVersion: lock.lockfileVersion, requires: true, packages: { '': described, ...required(closure) } }));
  // Scripts are what would download the library.
  const { code, output } = await runNpm(folder, ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], say, 'npm ci');
  if (code !== 0) throw new NotHere(`npm could not fetch ${PACKAGE}:\n\n${lastLines(output, 15)}\n`, 'Check that the npm registry can be reached (`npm ping`), then run the same command again.');
  const shared = sharedWithProject(root, closure);
  if (!shared.includes('node_modules/@tensorflow/tfjs-core')) throw new SetupProblem(`The project's own @tensorflow/tfjs-core is not installed in the version that ${PACKAGE} needs.`, 'Run `npm run setup` first.');
  for (const path of shared) await rm(join(folder, path), { recursive: true, force: true });
  const main = `${PACKAGE_FOLDER}/dist/index.js`;
  await noteStep(folder, 'packages', of, { [main]: sizeOf(join(folder, main)) });
  return of;
}

/** As direct needs: in the project's lock file they are optional, and npm would go on without them. */
function required(closure) {
  return Object.fromEntries(Object.entries(closure).map(([path, { optional: _optional, dev: _dev, devOptional: _devOptional, peer: _peer, ...entry }]) => [path, entry]));
}
