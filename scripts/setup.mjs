/**
 * Sets up what is missing: packages, the SQLite addon, dist/. Needs nothing but Node itself, does
 * nothing (in well under a tenth of a second) where nothing is missing, and may be interrupted
 * anywhere: what counts as done is noted at the very end.
 *
 *     node scripts/setup.mjs
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, inspectBuild } from './setup/build.mjs';
import { acquireLock } from './setup/lock.mjs';
import { INSTALLED, installPackages, packagesMissing } from './setup/packages.mjs';
import { SetupProblem } from './setup/problem.mjs';
import { ADDON, ensureSqliteAddon } from './setup/sqlite-addon.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = '.cache/setup.json';
const LOCK = '.cache/setup.lock';

const OLDEST_NODE = [20, 15];

const hash = (text) => createHash('sha256').update(text).digest('hex');

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupProblem(`This is Node ${process.version} (${process.execPath}); Murmuration needs ${OLDEST_NODE.join('.')} or later.`, 'Install a newer Node (https://nodejs.org) and try again.');
}

function fileMark(path) {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  } catch {
    return null;
  }
}

/** What was found when the set-up was last complete. */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
  } catch {
    return {};
  }
}

async function writeStamp(root, stamp) {
  const path = join(root, STAMP);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify(stamp, null, 1));
  await rename(`${path}.${process.pid}`, path);
}

/** Marks of the packages and their addon for this very Node; null where something is missing outright. */
function packagesMark(root) {
  const installed = fileMark(join(root, INSTALLED));
  const addon = fileMark(join(root, ADDON));
  if (installed === null || addon === null) return null;
  return hash([process.version, process.platform, process.arch, readFileSync(join(root, 'package-lock.json'), 'utf8'), installed, addon].join('\n'));
}

async function isUpToDate(root) {
  const stamp = readStamp(root);
  const packages = packagesMark(root);
  if (packages === null || stamp.packages !== packages) return false;
  const { signature, complete } = await inspectBuild(root);
  return complete && stamp.build === hash(signature);
}

async function setUp(root, say) {
  const stamp = readStamp(root);
  if (packagesMark(root) === null || stamp.packages !== packagesMark(root)) {
    const missing = packagesMissing(root);
    if (missing !== null) {
      say(`Installing packages, since ${missing} (npm ci; a few minutes the first time) …`);
      await installPackages(root, say);
    }
    await ensureSqliteAddon(root, say);
    stamp.packages = packagesMark(root);
    await writeStamp(root, stamp);
  }
  // Taken before the build: a file that changes meanwhile is built again next time.
  const { signature, complete } = await inspectBuild(root);
  if (!complete || stamp.build !== hash(signature)) {
    say('Building dist/ …');
    await build(root, say);
    await writeStamp(root, { ...stamp, build: hash(signature) });
  }
}

/**
 * @param {{ root?: string, say?: (line: string) => void }} [options] `say` gets progress for people, standard error unless given
 * @returns {Promise<boolean>} whether there was anything to do
 * @throws SetupProblem
 */
export async function ensureSetup(options = {}) {
  const root = options.root ?? ROOT;
  const say = options.say ?? ((line) => process.stderr.write(`${line}\n`));
  checkNode();
  if (await isUpToDate(root)) return false;
  const started = Date.now();
  const release = await acquireLock(join(root, LOCK), { onWait: (holder) => say(`Waiting for another set-up (process ${holder}) to finish …`) });
  try {
    if (await isUpToDate(root)) return false;
    await setUp(root, say);
  } finally {
    await release();
  }
  say(`Set up in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  return true;
}

/** Like `ensureSetup`, for scripts: a problem ends the process with a clear text and status 1. */
export async function setUpOrExit(options) {
  // Without these a signal would end the process before `exit` frees the lock.
  const onSignal = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143);
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await ensureSetup(options);
  } catch (error) {
    if (!(error instanceof SetupProblem) && error.code === undefined) throw error;
    process.stderr.write(`\nThe set-up failed. ${error.message}\n`);
    process.exit(1);
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  if (!(await setUpOrExit())) process.stderr.write('Everything is set up.\n');
}
