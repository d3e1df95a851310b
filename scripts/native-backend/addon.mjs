/** Compiling tfjs-node's addon against TensorFlow's libraries. */
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { SetupProblem } from '../setup/problem.mjs';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { PACKAGE_FOLDER } from './packages.mjs';
import { findCompiler, findHeaders, NODE_API } from './requirements.mjs';
import { isDone, noteStep, sizeOf } from './stamp.mjs';
import { addonSources } from './tensorflow.mjs';

/** Where the package looks for it. */
const ADDON = `${PACKAGE_FOLDER}/lib/napi-v${NODE_API}/tfjs_binding.node`;
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** @throws NotHere */
export async function findTools() {
  return { compiler: await findCompiler(), headers: findHeaders() };
}

/**
 * @param {{ folder: string, made: string, say: (line: string) => void }} options `made`: of which packages and wheel
 * @returns {Promise<boolean>} whether there was anything to do
 * @throws NotHere; SetupProblem with the compiler's words
 */
export async function ensureAddon({ folder, made, say }) {
  const of = `${made}, Node's ABI ${process.versions.modules}, ${process.platform} ${process.arch}`;
  if (isDone(folder, 'addon', of)) return false;
  const { compiler, headers } = await findTools();
  say('Compiling the addon …');
  const path = join(folder, ADDON);
  const tensorflow = join(folder, 'tensorflow');
  await mkdir(dirname(path), { recursive: true });
  const { code, output } = await runCommand(compiler, [
    '-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${NODE_API}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding',
    '-isystem', headers, '-isystem', join(tensorflow, 'include'),
    ...(await addonSources(folder)).filter((source) => source.endsWith('.cc')),
    '-o', `${path}.part`, `-L${join(tensorflow, 'lib')}`, ...LIBRARIES.map((name) => `-l:${name}`),
    // From the addon to the libraries, so that the folder can be moved with the project.
    `-Wl,-rpath,$ORIGIN/${relative(dirname(path), join(tensorflow, 'lib'))}`,
  ], { cwd: folder, say, what: compiler });
  if (code !== 0) throw new SetupProblem(`The addon does not compile (${compiler}):\n\n${lastLines(output)}\n`, 'A wheel of another TensorFlow may do: `npm run native -- --tensorflow VERSION`; or another compiler: CXX=/path/to/compiler npm run native.');
  await rename(`${path}.part`, path);
  await noteStep(folder, 'addon', of, { [ADDON]: sizeOf(path) });
  return true;
}
