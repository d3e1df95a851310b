/**
 * The Chrome or Chromium that the browser tests drive: the one that MURMUR_CHROMIUM names, else
 * one that is installed; as root on Debian it is installed where there is none.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './setup/run-command.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

export const INSTALL_HINT = 'Install Chromium (Debian: `apt-get install chromium`) or Google Chrome, or name one: MURMUR_CHROMIUM=/path/to/chromium npm test';

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the browser; null where there is none. */
export function findChromium(env = process.env) {
  if (env.MURMUR_CHROMIUM) return isExecutable(env.MURMUR_CHROMIUM) ? env.MURMUR_CHROMIUM : null;
  const onPath = (env.PATH ?? '').split(delimiter).filter(Boolean).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...onPath, ...PLACES].find(isExecutable) ?? null;
}

/** Ubuntu's package of that name only fetches a snap: Debian itself is meant. */
function isDebianRoot() {
  try {
    return process.getuid?.() === 0 && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Finds the browser, installing it where that is possible without asking anybody.
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function ensureChromium(root, say) {
  const found = findChromium();
  if (found !== null || !isDebianRoot() || process.env.MURMUR_CHROMIUM) return found;
  say('Installing Chromium for the browser tests (apt-get) …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { code, output } = await runCommand('apt-get', args, { cwd: root, env, say, what: `apt-get ${args[0]}` }).catch((error) => ({ code: 1, output: error.message }));
    if (code !== 0) say(`apt-get ${args[0]} failed:\n${output.trimEnd().split('\n').slice(-5).join('\n')}`);
  }
  return findChromium();
}
