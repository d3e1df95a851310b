/** TensorFlow's libraries and headers, taken out of the wheel; the wheel itself is not kept. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupProblem } from '../setup/problem.mjs';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { NotHere } from './not-here.mjs';
import { PACKAGE_FOLDER } from './packages.mjs';
import { checkRoom, findPython } from './requirements.mjs';
import { isDone, noteStep, readStamp } from './stamp.mjs';
import { checkWheelName, downloadWheel } from './wheel.mjs';

const UNPACK = fileURLToPath(new URL('unpack_wheel.py', import.meta.url));
const LOG_LEVEL = fileURLToPath(new URL('log-level.cc', import.meta.url));
/** What `unpack_wheel.py` ends with where the file is no such wheel. */
const NO_SUCH_WHEEL = 3;

/** The addon's C++ sources and headers: the package's, and one of ours. */
export async function addonSources(folder) {
  const binding = join(folder, PACKAGE_FOLDER, 'binding');
  return [...(await readdir(binding)).filter((name) => /\.(cc|h)$/.test(name)).sort().map((name) => join(binding, name)), LOG_LEVEL];
}

/**
 * @param {{ folder: string, machine: object, wheelName: string, given: string | undefined, version: string | undefined, say: (line: string) => void }} options `given`: the user's own wheel
 * @returns {Promise<string>} the name of the wheel that the libraries are of
 * @throws NotHere
 */
export async function ensureTensorflow({ folder, machine, wheelName, given, version, say }) {
  if (given !== undefined) {
    checkWheelName(given, machine);
    if (!existsSync(given)) throw new NotHere(`There is no file ${given}.`, 'Name the wheel by its path.');
  }
  const note = readStamp(folder).tensorflow?.of;
  const wanted = given === undefined ? (version === undefined || note?.includes(`-${version}-`) ? null : version) : basename(given);
  if (isDone(folder, 'tensorflow', wanted)) return note;

  checkRoom(folder);
  const python = await findPython({ withPip: given === undefined });
  const downloads = join(folder, 'download');
  await mkdir(downloads, { recursive: true });
  const wheel = given ?? (await downloadWheel({ python, name: wheelName, folder: downloads, version, say }));
  checkWheelName(wheel, machine);

  say(`Unpacking TensorFlow's libraries out of ${basename(wheel)} (0.9 GB) …`);
  const part = join(folder, 'tensorflow.part');
  const whole = join(folder, 'tensorflow');
  await rm(part, { recursive: true, force: true });
  const { code, output } = await runCommand(python, [UNPACK, wheel, part, ...(await addonSources(folder))], { cwd: folder, say, what: 'unpacking' });
  if (code !== 0) {
    // A download that was cut off must not be taken for whole again.
    if (given === undefined) await rm(downloads, { recursive: true, force: true });
    if (code === NO_SUCH_WHEEL) throw new NotHere(lastLines(output, 3), given === undefined ? 'Run the same command again: the wheel is downloaded anew.' : 'Bring another wheel.');
    throw new SetupProblem(`${basename(wheel)} could not be unpacked:\n\n${lastLines(output, 12)}\n`, 'Is the disk full? Run the same command again: it goes on where it stopped.');
  }
  await rm(whole, { recursive: true, force: true });
  await rename(part, whole);
  const { files } = JSON.parse(lastLines(output, 1));
  await noteStep(folder, 'tensorflow', basename(wheel), Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`tensorflow/${path}`, bytes])));
  await rm(downloads, { recursive: true, force: true });
  return basename(wheel);
}
