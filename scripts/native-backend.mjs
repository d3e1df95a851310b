/**
 * `npm run native`: builds the native backend where npm could not download @tensorflow/tfjs-node: its addon is
 * compiled against the libraries in TensorFlow's Python wheel. All of it lies in `.native/`; removing that folder
 * undoes it. May be interrupted anywhere and run again; where all is there it says so, having tried it.
 *
 *     node scripts/native-backend.mjs [--wheel FILE] [--tensorflow VERSION]
 *
 * Ends with 0 when it is there, 1 when it did not compile or does not work, 2 for wrong usage, and 3 when something
 * that it needs (a compiler, headers, pip, the wheel, room on the disk) cannot be had here.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureAddon, findTools } from './native-backend/addon.mjs';
import { NotHere } from './native-backend/not-here.mjs';
import { ensurePackages, PACKAGE, PACKAGE_FOLDER } from './native-backend/packages.mjs';
import { checkPlatform, thisMachine } from './native-backend/requirements.mjs';
import { isDone } from './native-backend/stamp.mjs';
import { ensureTensorflow } from './native-backend/tensorflow.mjs';
import { tryPackage } from './native-backend/try-package.mjs';
import { acquireLock } from './setup/lock.mjs';
import { SetupProblem } from './setup/problem.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const BUILT = '.native';

/** The package that npm installed, where its addon lies in it and works. */
async function installedPackage(root) {
  const folder = join(root, 'node_modules', PACKAGE);
  if (!existsSync(join(folder, 'lib'))) return null;
  const tried = await tryPackage(folder, root);
  return 'problem' in tried ? null : tried;
}

/**
 * @param {{ root?: string, wheel?: string, tensorflow?: string, say: (line: string) => void }} options
 * @throws NotHere, SetupProblem
 */
export async function buildNative({ root = ROOT, wheel, tensorflow, say }) {
  const machine = thisMachine();
  const { wheel: wheelName } = checkPlatform(machine);
  if (!existsSync(join(root, 'node_modules/@tensorflow/tfjs-core/package.json'))) throw new SetupProblem(`The packages of ${root} are not installed.`, 'Run `npm run setup` first.');
  const installed = await installedPackage(root);
  if (installed !== null) {
    say(`npm has installed ${PACKAGE}, and it works (TensorFlow ${installed.tensorflow}): there is nothing to build.`);
    return;
  }
  const folder = join(root, BUILT);
  await mkdir(folder, { recursive: true });
  const release = await acquireLock(join(folder, 'lock'), { onWait: (holder) => say(`Waiting for another build (process ${holder}) to finish …`) });
  try {
    const started = Date.now();
    // Before anything is fetched that would then be of no use.
    if (!isDone(folder, 'addon', null)) await findTools();
    const packages = await ensurePackages(root, folder, say);
    const from = await ensureTensorflow({ folder, machine, wheelName, given: wheel, version: tensorflow, say });
    const built = await ensureAddon({ folder, made: `${packages}, ${from}`, say });
    const tried = await tryPackage(join(folder, PACKAGE_FOLDER), root);
    if ('problem' in tried) {
      // Whatever is wrong, the next run compiles it anew.
      await rm(join(folder, PACKAGE_FOLDER, 'lib'), { recursive: true, force: true });
      throw new SetupProblem(`The addon was built, but does not work in Node ${process.version}:\n\n${tried.problem}\n`, `Run the same command again; if that does not help, remove ${folder} and begin anew, or take another TensorFlow: \`npm run native -- --tensorflow VERSION\`.`);
    }
    say(`The native backend is there (TensorFlow ${tried.tensorflow}, ${((Date.now() - started) / 1000).toFixed(1)} s${built ? '' : ', nothing to do'}). Removing ${folder} undoes it.`);
  } finally {
    await release();
  }
}

const USAGE = `npm run native -- [--wheel FILE] [--tensorflow VERSION]

  --wheel FILE          take TensorFlow's libraries out of this wheel, fetched by hand
  --tensorflow VERSION  of this version and no other

Builds the native backend into .native/, about 1 GB; removing that folder undoes it. It needs Python 3 with pip (PYTHON names
another one), a C++ compiler (CXX names another one) and Node's headers. It can be interrupted and run again: it goes on where
it stopped. Ends with 0: it is there; 1: it does not compile or work; 2: wrong usage; 3: something that it needs cannot be had here.
`;

function parseArguments(args) {
  const wrong = (message) => {
    process.stderr.write(`${message}\n\n${USAGE}`);
    process.exit(2);
  };
  try {
    const { values } = parseArgs({ args, options: { wheel: { type: 'string' }, tensorflow: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
    if (values.wheel !== undefined && !existsSync(values.wheel)) wrong(`There is no file ${resolve(values.wheel)}.`);
    return values;
  } catch (error) {
    return wrong(error.message);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const { wheel, tensorflow, help } = parseArguments(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  // Without these a signal would end the process before `exit` stops what it started and frees the lock.
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => {
    process.stderr.write('Interrupted: nothing is lost, the same command goes on from here.\n');
    process.exit(code);
  });
  try {
    await buildNative({ ...(wheel === undefined ? {} : { wheel: resolve(wheel) }), tensorflow, say: (line) => console.log(line) });
  } catch (error) {
    if (!(error instanceof SetupProblem) && error.code === undefined) throw error;
    process.stderr.write(`\nThe native backend was not built. ${error.message}\n`);
    process.exit(error instanceof NotHere ? 3 : 1);
  }
}
