/** node_modules: is what lies there what package-lock.json asks for, and if not, `npm ci`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SetupProblem } from './problem.mjs';
import { lastLines, runCommand } from './run-command.mjs';

/** npm writes it at the end of an install: an interrupted one leaves none. */
export const INSTALLED = 'node_modules/.package-lock.json';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * Why node_modules does not do; null when it does. Optional packages may be absent: those of other
 * platforms always are, and @tensorflow/tfjs-node is where its download is closed.
 * @param {string} root
 * @returns {string | null}
 */
export function packagesMissing(root) {
  if (!existsSync(join(root, INSTALLED))) return 'no packages are installed yet';
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(join(root, INSTALLED)).packages;
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (path === '' || link) continue;
    const found = installed[path];
    if (found === undefined) {
      if (optional) continue;
      return `${path} is not installed`;
    }
    if (found.version !== version) return `${path} is ${found.version} where package-lock.json asks for ${version}`;
    if (!optional && !existsSync(join(root, path, 'package.json'))) return `${path} was removed`;
  }
  return null;
}

/**
 * The prefix whose `include/node` holds the headers of the running Node; null where there is none.
 * node-gyp would download them, which needs a network that lets it.
 */
export function headersPrefix(execPath = process.execPath, version = process.version) {
  const prefix = resolve(dirname(execPath), '..');
  try {
    const header = readFileSync(join(prefix, 'include/node/node_version.h'), 'utf8');
    const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(header)?.[1];
    // Another Node's headers would compile into an addon that crashes.
    return version === `v${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}` ? prefix : null;
  } catch {
    return null;
  }
}

/** The environment for npm and what it compiles. */
export function npmEnvironment(env = process.env, prefix = headersPrefix()) {
  // `npm run --silent` hands its silence down; an installer's errors must be seen.
  const result = { ...env, npm_config_loglevel: 'warn' };
  if (prefix !== null && !env.npm_config_nodedir) {
    result.npm_config_nodedir = prefix;
    // The name that node-gyp reads where npm no longer knows the other.
    result.npm_package_config_node_gyp_nodedir = prefix;
  }
  return result;
}

/** Runs npm: the one that runs us where there is one, so that no other version is mixed in. */
export function runNpm(root, args, say, what) {
  const npm = process.env.npm_execpath;
  const options = { cwd: root, env: npmEnvironment(), say, what };
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) return runCommand(process.execPath, [npm, ...args], options);
  return runCommand('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** @throws SetupProblem with the last lines of npm */
export async function installPackages(root, say) {
  const { code, output } = await runNpm(root, ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'], say, 'npm ci').catch((error) => {
    throw new SetupProblem(`npm could not be started: ${error.message}`, 'Install npm (it comes with Node) and try again.');
  });
  if (code !== 0) {
    throw new SetupProblem(
      `npm ci failed in ${root}:\n\n${lastLines(output)}\n`,
      'Check that the npm registry can be reached (`npm ping`) and that the folder is writable. Where npm says that a compiler is missing: on Debian or Ubuntu `apt-get install g++ make python3`, on macOS `xcode-select --install`. Then run the same command again: it goes on where it stopped.',
    );
  }
}
