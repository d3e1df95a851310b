/**
 * The real TensorBoard, in a virtual environment of its own, for the test that opens our event files with it:
 *
 *     node scripts/tensorboard-venv.mjs
 *
 * It lies in `.cache/tensorboard`; removing that folder undoes it. Where it is there already nothing is done. Ends with 0
 * when it is there, and with 3 when Python or the package cannot be had here.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotHere } from './native-backend/not-here.mjs';
import { parsePipConfig, shown } from './native-backend/wheel.mjs';
import { lastLines, runCommand } from './setup/run-command.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = join(ROOT, '.cache/tensorboard');
/** Written last: a folder without it was left by a run that was interrupted. */
const COMPLETE = 'complete';

/** The configured index, then each further one by itself, since pip gives up where the default one cannot be reached. */
function attempts({ extraIndexes }) {
  return [{ where: 'the configured index', args: [] }, ...extraIndexes.map((url) => ({ where: shown(url), args: ['--index-url', url] }))];
}

/**
 * @param {(line: string) => void} say
 * @throws NotHere
 */
async function ensureTensorboard(say) {
  if (existsSync(join(FOLDER, COMPLETE))) return;
  const base = process.env.MURMUR_PYTHON ?? 'python3';
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(dirname(FOLDER), { recursive: true });
  const made = await runCommand(base, ['-m', 'venv', FOLDER], { cwd: ROOT, say, what: 'python -m venv' }).catch((error) => ({ code: 1, output: error.message }));
  if (made.code !== 0) throw new NotHere(`${base} cannot make a virtual environment:\n\n${lastLines(made.output, 5)}\n`, 'Install Python 3 with venv and pip (Debian: apt-get install python3-venv), or name another: MURMUR_PYTHON=/path/to/python3.');
  const python = join(FOLDER, 'bin/python');
  const { output: listed } = await runCommand(python, ['-m', 'pip', 'config', 'list'], { cwd: ROOT });
  const failures = [];
  for (const { where, args } of attempts(parsePipConfig(listed))) {
    say(`Asking ${where} for TensorBoard …`);
    const env = { ...process.env, ...(args.length > 0 ? { PIP_EXTRA_INDEX_URL: '' } : {}) };
    const { code, output } = await runCommand(python, ['-m', 'pip', 'install', '--only-binary=:all:', '--disable-pip-version-check', '--progress-bar', 'off', '--timeout', '20', '--retries', '0', ...args, 'tensorboard'], { cwd: ROOT, env, say, what: 'pip install' });
    if (code === 0) {
      await writeFile(join(FOLDER, COMPLETE), '');
      return;
    }
    failures.push(`${where}: ${lastLines(output, 1)}`);
  }
  throw new NotHere(`No index has TensorBoard:\n\n  ${failures.join('\n  ')}\n`, 'Tell pip of an index that has it (`pip config set global.extra-index-url URL`), or name a Python that has it: MURMUR_PYTHON=/path/to/python3 npm test.');
}

// Without these a signal would end the process before `exit` stops what it started.
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(code));
try {
  await ensureTensorboard((line) => console.log(line));
  console.log('TensorBoard is there: .cache/tensorboard');
} catch (error) {
  if (!(error instanceof NotHere)) throw error;
  console.error(`TensorBoard cannot be had. ${error.message}`);
  process.exitCode = 3;
}
