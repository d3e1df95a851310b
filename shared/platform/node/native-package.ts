/** Where @tensorflow/tfjs-node is: installed as a package, or built by `npm run native`. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MurmurError } from '../../errors.ts';

const NAME = '@tensorflow/tfjs-node';
/** The folder, at the root of the installation, into which `npm run native` lays everything. */
const BUILT = '.native';

/** The folder of the installation that a module belongs to; null where its package is not ours (a bundle of somebody else's). */
export function installationRoot(moduleUrl: string): string | null {
  for (let folder = dirname(fileURLToPath(moduleUrl)); ; folder = dirname(folder)) {
    const description = join(folder, 'package.json');
    if (existsSync(description)) return (JSON.parse(readFileSync(description, 'utf8')) as { name?: unknown }).name === 'murmuration' ? folder : null;
    if (dirname(folder) === folder) return null;
  }
}

/**
 * The package's folders that hold a compiled addon, the installed one first. Where its download
 * is closed npm leaves the package out; where scripts are not run it lies there without an addon,
 * and must not even be imported: it would register its kernels before it notices.
 */
export function nativePackages(moduleUrl: string): readonly string[] {
  const folders: string[] = [];
  try {
    folders.push(dirname(createRequire(moduleUrl).resolve(`${NAME}/package.json`)));
  } catch {
    // Not installed.
  }
  const root = installationRoot(moduleUrl);
  if (root !== null) folders.push(join(root, BUILT, 'node_modules', NAME));
  return folders.filter((folder) => addonOf(folder) !== null);
}

function addonOf(folder: string): string | null {
  // As node-pre-gyp does: the newest version of Node-API that both know.
  for (let version = Number(process.versions.napi); version > 0; version--) {
    const path = join(folder, `lib/napi-v${version}/tfjs_binding.node`);
    if (existsSync(path)) return path;
  }
  return null;
}

/**
 * Loads tfjs-node, which registers the backend `tensorflow`.
 * @throws backend_failed where there is none, saying how to get it; what loading it throws where there is.
 */
export function loadNativePackage(moduleUrl: string): void {
  const [folder] = nativePackages(moduleUrl);
  if (folder === undefined) throw new MurmurError('backend_failed', `${NAME} is not installed; where npm cannot download it, \`npm run native\` builds it`);
  restoreNullCheck();
  withEnvironment(SETTINGS, () => {
    const require = createRequire(moduleUrl);
    loadForGood(require, addonOf(folder) as string);
    require(folder);
  });
}

/** dlopen's flag for what no dlclose may unload. */
const NODELETE: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 0x1000, darwin: 0x80 };

/**
 * Loads the addon such that it stays in the process. When a worker thread ends, Node unloads its addons, and
 * TensorFlow's code would be gone when the handlers that it has left are called as the process exits.
 */
function loadForGood(require: NodeJS.Require, path: string): void {
  const flag = NODELETE[process.platform];
  const resolved = require.resolve(path);
  if (flag === undefined || require.cache[resolved] !== undefined) return;
  const module = new Module(resolved);
  process.dlopen(module, resolved, constants.dlopen.RTLD_NOW | flag);
  module.loaded = true;
  require.cache[resolved] = module;
}

/**
 * What TensorFlow reads from the environment as it starts, unless the owner has set it. One thread: small
 * models train twice as fast on one as on two, and several edges share a machine. Level 1: no greeting
 * that advises to build another TensorFlow.
 */
const SETTINGS: Readonly<Record<string, string>> = { TF_NUM_INTRAOP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '1' };

/** Variables that are not set are set for the time of a call: child processes of the host inherit none of them. */
function withEnvironment(variables: Readonly<Record<string, string>>, call: () => void): void {
  const added = Object.entries(variables).filter(([name]) => process.env[name] === undefined);
  for (const [name, value] of added) process.env[name] = value;
  try {
    call();
  } finally {
    for (const [name] of added) delete process.env[name];
  }
}

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node 23 removed. */
function restoreNullCheck(): void {
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
