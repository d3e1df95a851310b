/** Getting TensorFlow's wheel: from the indexes that pip is configured for, or from the user's hands. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { NotHere } from './not-here.mjs';
import { atLeast } from './requirements.mjs';

/** The version that the addon was tried with; where an index has another one only, that is taken. */
export const TRIED_VERSION = '2.21.0';
/** The libraries know nothing of Python: a wheel for any version of it does. */
const OTHER_PYTHONS = ['3.12', '3.11'];
const MACHINES = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * @param {string} text what `pip config list` prints: `global.extra-index-url='https://a https://b'` and the like
 * @returns {{ extraIndexes: string[], findLinks: string[] }} in order, each once
 */
export function parsePipConfig(text) {
  const found = { 'extra-index-url': [], 'find-links': [] };
  for (const line of text.split('\n')) {
    const match = /^(?:global|download|install|:env:)\.(extra-index-url|find-links)=(['"])(.*)\2\s*$/.exec(line);
    // Several values stand in several lines of the file, which Python prints as \n.
    if (match) found[match[1]].push(...match[3].split(/\s+|\\[nt]/).filter(Boolean));
  }
  return { extraIndexes: [...new Set(found['extra-index-url'])], findLinks: [...new Set(found['find-links'])] };
}

/** A URL as it may be shown: without a password. */
export const shown = (url) => url.replace(/\/\/[^/@]*@/, '//…@');

/**
 * Where to ask, one after the other: as pip is configured; each further index and place alone, since pip gives up where the default
 * one cannot be reached; in the tried version for this Python, then for others, then in any version. Who names a version gets that one or none.
 * @returns {{ where: string, args: string[] }[]}
 */
export function downloadAttempts(name, { extraIndexes, findLinks }, version) {
  const places = [
    { where: 'the configured index', args: [] },
    ...extraIndexes.map((url) => ({ where: shown(url), args: ['--index-url', url] })),
    ...findLinks.map((url) => ({ where: shown(url), args: ['--no-index', '--find-links', url] })),
  ];
  const exact = `${name}==${version ?? TRIED_VERSION}`;
  const pythons = [[], ...OTHER_PYTHONS.map((python) => ['--python-version', python])];
  const forAll = (what, note) => pythons.flatMap((python) => places.map(({ where, args }) => ({ where: `${where}${note}${python.length > 0 ? `, for Python ${python[1]}` : ''}`, args: [...args, ...python, what] })));
  return [...forAll(exact, ''), ...(version === undefined ? forAll(name, ', in any version') : [])];
}

/**
 * @param {string} file a path or name as `tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl`
 * @returns {{ name: string, version: string, platform: string }}
 * @throws NotHere where it is no wheel of TensorFlow for this machine
 */
export function checkWheelName(file, { arch, glibc }) {
  const parts = /^([^-]+)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-([^-]+)\.whl$/.exec(basename(file));
  const todo = `Bring one whose name is like tensorflow_cpu-${TRIED_VERSION}-cp311-cp311-manylinux_2_27_${MACHINES[arch] ?? arch}.whl; which Python it is for does not matter.`;
  if (parts === null) throw new NotHere(`${basename(file)} is not named as a wheel is.`, todo);
  const [, name, version, platform] = parts;
  if (!/^(intel_)?tensorflow(_|$)/.test(name)) throw new NotHere(`${basename(file)} is a wheel of ${name}, not of TensorFlow.`, todo);
  const tags = platform.split('.').map((tag) => /^(manylinux_(\d+)_(\d+)|manylinux2014|linux)_(.+)$/.exec(tag)).filter((tag) => tag !== null && tag[4] === MACHINES[arch]);
  if (tags.length === 0) throw new NotHere(`${basename(file)} is for ${platform}; this is Linux on ${MACHINES[arch] ?? arch}.`, todo);
  const needed = tags.map((tag) => (tag[2] === undefined ? '2.17' : `${tag[2]}.${tag[3]}`));
  if (!needed.some((needs) => atLeast(glibc, needs))) throw new NotHere(`${basename(file)} needs the GNU C library ${needed.join(' or ')}; here is ${glibc}.`, 'Take a wheel of an older TensorFlow, or a newer Linux.');
  return { name, version, platform };
}

const wheelsIn = async (folder) => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.whl'));

/**
 * Downloads the wheel into `folder`, or finds the one that an interrupted run left there.
 * @returns {Promise<string>} its path
 * @throws NotHere when no index has it
 */
export async function downloadWheel({ python, name, folder, version, say }) {
  const left = (await wheelsIn(folder)).find((wheel) => version === undefined || wheel.includes(`-${version}-`));
  if (left !== undefined) return join(folder, left);
  const { output: listed } = await runCommand(python, ['-m', 'pip', 'config', 'list'], { cwd: folder });
  const failures = [];
  // What pip unpacks and keeps goes where removing one folder removes it.
  const temporary = join(folder, 'pip');
  await mkdir(temporary, { recursive: true });
  const env = { ...process.env, TMPDIR: temporary };
  for (const { where, args } of downloadAttempts(name, parsePipConfig(listed), version)) {
    say(`Asking ${where}: ${args.at(-1)} …`);
    const { code, output } = await runCommand(python, ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check', '--progress-bar', 'off', '--timeout', '30', '--retries', '1', '--dest', folder, ...args], { cwd: folder, env, say, what: 'pip download' });
    const wheel = (await wheelsIn(folder)).find((found) => version === undefined || found.includes(`-${version}-`));
    if (code === 0 && wheel !== undefined) {
      await rm(temporary, { recursive: true, force: true });
      return join(folder, wheel);
    }
    failures.push(`${where}: ${lastLines(output, 1)}`);
  }
  throw new NotHere(
    `No index has a wheel of ${name}${version === undefined ? '' : ` ${version}`} for Linux on ${MACHINES[process.arch]}:\n\n  ${failures.map(shown).join('\n  ')}\n`,
    `${version === undefined ? '' : `Leave --tensorflow out to take ${TRIED_VERSION}, with which the addon was tried, or whatever version there is. Or `}${version === undefined ? 'Tell' : 'tell'} pip of an index that has it (\`pip config set global.extra-index-url URL\`), or fetch the wheel where you can and bring it: \`npm run native -- --wheel FILE\`.`,
  );
}
