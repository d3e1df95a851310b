/** better-sqlite3's compiled half: it must load in this very Node, else it is built here. */
import { join } from 'node:path';
import { runNpm } from './packages.mjs';
import { SetupProblem } from './problem.mjs';
import { lastLines, runCommand } from './run-command.mjs';

export const ADDON = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';

const TRIAL = "const D = require('better-sqlite3'); const d = new D(':memory:'); if (d.prepare('select 6 * 7 as n').get().n !== 42) process.exit(3); d.close();";

/** Tried in a process of its own: an addon of another Node can take the process down with it. */
async function tryAddon(root) {
  const { code, output } = await runCommand(process.execPath, ['-e', TRIAL], { cwd: root });
  return code === 0 ? null : lastLines(output, 12) || `the process ended with ${code}`;
}

/**
 * @param {string} root
 * @param {(line: string) => void} say
 * @throws SetupProblem when it neither loads nor can be built
 */
export async function ensureSqliteAddon(root, say) {
  const problem = await tryAddon(root);
  if (problem === null) return;
  say('Building the SQLite addon for this Node (a minute or two where it has to be compiled) …');
  // Scripts are asked for by name: who has `ignore-scripts` set means other people's.
  const { code, output } = await runNpm(root, ['rebuild', 'better-sqlite3', '--ignore-scripts=false', '--foreground-scripts'], say, 'building better-sqlite3');
  const still = await tryAddon(root);
  if (still === null) return;
  throw new SetupProblem(
    `better-sqlite3 does not load in Node ${process.version} (${join(root, ADDON)}):\n\n${code === 0 ? still : lastLines(output)}\n`,
    'It has to be compiled where no prebuilt binary can be downloaded: that takes a C++ compiler, make and Python 3 (Debian or Ubuntu: `apt-get install g++ make python3`; macOS: `xcode-select --install`) and the headers of this Node, which are looked for beside it in include/node. Then run the same command again.',
  );
}
