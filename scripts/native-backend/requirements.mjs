/** What the build needs of the machine: platform, Node, compiler, headers, Python, room. All of it is looked at before anything is fetched. */
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { headersPrefix } from '../setup/packages.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { NotHere } from './not-here.mjs';

/** The wheel that has the libraries, by processor. */
const WHEELS = { x64: 'tensorflow-cpu', arm64: 'tensorflow' };
/** The addon is written against this version of Node-API. */
export const NODE_API = 8;
const OLDEST_NODE = [20, 15];
/** Wheel, libraries and packages, as they lie side by side before the wheel is removed; the libraries alone stay 0.9 GB. */
const ROOM_BYTES = 1.7e9;

/**
 * @param {{ platform: string, arch: string, glibc: string | undefined, node: string }} machine `glibc`: its version, undefined where there is another C library
 * @returns {{ wheel: string }} which wheel this machine takes
 * @throws NotHere
 */
export function checkPlatform({ platform, arch, glibc, node }) {
  const [major, minor] = node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new NotHere(`This is Node ${node}; the native backend needs ${OLDEST_NODE.join('.')} or later.`, 'Install a newer Node and try again.');
  }
  const elsewhere = 'Where @tensorflow/tfjs-node can be downloaded, `npm install` has it. Everything works without it, too: the backend is then wasm.';
  if (platform !== 'linux') throw new NotHere(`The libraries are taken from TensorFlow's wheels for Linux; this is ${platform}.`, elsewhere);
  const wheel = WHEELS[arch];
  if (wheel === undefined) throw new NotHere(`TensorFlow has no wheel for ${arch}; there are some for ${Object.keys(WHEELS).join(' and ')}.`, elsewhere);
  if (glibc === undefined) throw new NotHere("TensorFlow's wheels need the GNU C library; this Linux has another one (as Alpine has).", elsewhere);
  return { wheel };
}

export function thisMachine() {
  const { header } = process.report.getReport();
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime, node: process.versions.node };
}

/** Whether version `a` (`2.36`) is `b` or later. */
export function atLeast(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  return left[0] > right[0] || (left[0] === right[0] && (left[1] ?? 0) >= (right[1] ?? 0));
}

const starts = (program, args) => runCommand(program, args, { cwd: process.cwd() }).then(({ code, output }) => ({ code, output }), () => ({ code: -1, output: '' }));

/** @returns the C++ compiler: what CXX names, else g++, else clang++. @throws NotHere */
export async function findCompiler(env = process.env) {
  const candidates = env.CXX ? [env.CXX] : ['g++', 'clang++'];
  for (const program of candidates) if ((await starts(program, ['--version'])).code === 0) return program;
  throw new NotHere(`There is no C++ compiler: ${candidates.join(' and ')} cannot be started.`, 'Install one (Debian or Ubuntu: `apt-get install g++`; Fedora: `dnf install gcc-c++`), or name one by CXX=/path/to/compiler, and run the same command again.');
}

/** node-gyp keeps the headers that it downloaded by version. */
function cachedHeaders(home, version) {
  const cache = join(home, '.cache/node-gyp');
  if (!existsSync(cache)) return [];
  // Node-API is the same in every Node: another version's headers do, this one's first.
  return readdirSync(cache).sort((a, b) => Number(b === version) - Number(a === version)).map((name) => join(cache, name));
}

/**
 * The folder of node_api.h: where npm's `nodedir` says, beside node, or in node-gyp's cache.
 * @throws NotHere
 */
export function findHeaders({ env = process.env, prefix = headersPrefix(), home = homedir(), version = process.versions.node } = {}) {
  const named = [env.npm_config_nodedir, env.npm_package_config_node_gyp_nodedir].filter(Boolean);
  const places = [...named, ...(prefix === null ? [] : [prefix]), ...cachedHeaders(home, version)];
  const found = places.map((place) => join(place, 'include/node')).find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found !== undefined) return found;
  throw new NotHere(
    `The headers of Node are nowhere: there is no include/node/node_api.h beside ${process.execPath}, in node-gyp's cache${named.length > 0 ? `, or in ${named.join(' or ')}` : ''}.`,
    "Unpack Node's own archive for Linux, which carries them, name its folder by npm_config_nodedir=/path/to/node, and run the same command again (Debian's own Node: `apt-get install libnode-dev`).",
  );
}

/** @returns the Python that unpacks the wheel and, where one is to be downloaded, has pip. @throws NotHere */
export async function findPython({ withPip, env = process.env }) {
  const candidates = env.PYTHON ? [env.PYTHON] : ['python3', 'python'];
  let pythonThere = false;
  for (const program of candidates) {
    if ((await starts(program, ['-c', 'import sys, zipfile; sys.exit(sys.version_info < (3, 7))'])).code !== 0) continue;
    if (!withPip || (await starts(program, ['-m', 'pip', '--version'])).code === 0) return program;
    pythonThere = true;
  }
  if (pythonThere) throw new NotHere('Python is here, but without pip.', 'Install pip (Debian or Ubuntu: `apt-get install python3-pip`), name another Python by PYTHON=/path/to/python3, or bring a wheel: `npm run native -- --wheel FILE`.');
  throw new NotHere(`There is no Python 3: ${candidates.join(' and ')} cannot be started.`, 'Install it (Debian or Ubuntu: `apt-get install python3 python3-pip`), or name one by PYTHON=/path/to/python3, and run the same command again.');
}

/** @throws NotHere where the disk has too little room for what is yet to come */
export function checkRoom(folder, needed = ROOM_BYTES) {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < needed) throw new NotHere(`${folder} has ${(free / 1e9).toFixed(1)} GB left; building takes ${(needed / 1e9).toFixed(1)} GB for a while, 1.1 GB in the end.`, 'Make room and run the same command again: it goes on where it stopped.');
}
