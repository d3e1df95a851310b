/**
 * Shows that the tests would notice: breaks the product in the ways of `mutants/list.mjs`, one at a time and in a
 * temporary copy, and runs the test files that should catch each.
 *
 *     node scripts/mutants.mjs [NAME …] [--list] [--json] [--faults [--seeds N]]
 *
 * With `--faults` it runs no tests but fault seeds (simulations/faults), from 0 on until one fails, and tells after how many
 * each mutant was found; at most N (default 5000, of swarms 1000).
 *
 * Ends with 0 when every mutant was caught, with 1 when one survived or could not be judged, with 2 for wrong usage.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFaultSeeds } from './mutants/fault-seeds.mjs';
import { MUTANTS as FEDERATION_MUTANTS } from './mutants/list.mjs';
import { SWARM_MUTANTS } from './mutants/swarm-list.mjs';

const MUTANTS = [...FEDERATION_MUTANTS.map((mutant) => ({ ...mutant, seeds: 'federations' })), ...SWARM_MUTANTS.map((mutant) => ({ ...mutant, seeds: 'swarms' }))];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A mutant that hangs is stopped by the tests' own time limits long before. */
const RUN_MS = 15 * 60_000;

const words = process.argv.slice(2);
const at = words.indexOf('--seeds');
const givenSeeds = at < 0 ? null : Number(words.splice(at, 2)[1]);
const mostSeeds = (kind) => givenSeeds ?? (kind === 'swarms' ? 1000 : 5000);
const flags = words.filter((word) => word.startsWith('--'));
const names = words.filter((word) => !word.startsWith('--'));
const faults = flags.includes('--faults');
const json = flags.includes('--json');
const print = (line) => process.stdout.write(`${line}\n`);

const wrongFlag = flags.find((flag) => !['--list', '--json', '--faults'].includes(flag)) ?? (givenSeeds === null || (Number.isInteger(givenSeeds) && givenSeeds > 0) ? undefined : '--seeds without a number');
const unknown = names.find((name) => !MUTANTS.some((mutant) => mutant.name === name));
if (wrongFlag !== undefined || unknown !== undefined) {
  process.stderr.write(`${wrongFlag === undefined ? `there is no mutant ${unknown}; --list names them all` : `there is no option ${wrongFlag}; there are --list, --json, --faults and --seeds N`}\n`);
  process.exit(2);
}
if (flags.includes('--list')) {
  for (const { name, breaks } of MUTANTS) print(`${name.padEnd(32)} ${breaks}`);
  process.exit(0);
}

// By name each is tried all the same.
const chosen = names.length > 0 ? MUTANTS.filter(({ name }) => names.includes(name)) : MUTANTS.filter((mutant) => !faults || mutant.faults !== false);
const folder = await mkdtemp(join(tmpdir(), 'murmuration-mutants-'));
const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGKILL');
    rm(folder, { recursive: true, force: true }).finally(() => process.exit(1));
  });
}
let failures = 0;
try {
  await copyTree();
  // What fails without any mutant would catch them all.
  const healthy = faults ? await runHealthySeeds() : await runTests([...new Set(chosen.flatMap(({ tests }) => tests))], []);
  if (healthy.failed.length > 0 || healthy.problem !== null) {
    throw new Error(`the tests fail without any mutant:\n${healthy.problem ?? healthy.failed.join('\n')}`);
  }
  for (const mutant of chosen) {
    const judged = await judge(mutant);
    if (judged.verdict !== 'caught') failures++;
    print(json ? JSON.stringify({ mutant: mutant.name, ...judged }) : `${judged.verdict.padEnd(9)} ${mutant.name.padEnd(32)} ${judged.by}`);
  }
  const summary = { mutants: chosen.length, caught: chosen.length - failures, survived: failures };
  print(json ? JSON.stringify(summary) : `${summary.caught} of ${summary.mutants} mutants caught`);
} catch (thrown) {
  process.stderr.write(`${thrown.message}\n`);
  failures++;
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;

/** Everything that git knows or would add; the packages and the built pages are shared with the original. */
async function copyTree() {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, maxBuffer: 1 << 28 }).toString().split('\0').filter(Boolean);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    // What was deleted and not committed is still listed.
    await copyFile(join(ROOT, file), join(folder, file)).catch((thrown) => {
      if (thrown.code !== 'ENOENT') throw thrown;
    });
  }
  await mkdir(join(folder, '.cache'), { recursive: true });
  await mkdir(join(folder, 'dist'), { recursive: true });
  // The pages are no mutant's business, and a coordinator does not start without them.
  for (const shared of ['node_modules', 'dist/browser']) {
    if (!existsSync(join(ROOT, shared))) throw new Error(`${join(ROOT, shared)} is missing; run \`npm run setup\` first`);
    await symlink(join(ROOT, shared), join(folder, shared));
  }
}

/** @returns what became of one mutant, and by which test. */
async function judge({ edits, tests, seeds }) {
  const originals = new Map();
  try {
    for (const { file, find, replace } of edits) {
      const path = join(folder, file);
      const text = await readFile(path, 'utf8');
      if (!originals.has(path)) originals.set(path, text);
      const times = text.split(find).length - 1;
      if (times !== 1) return { verdict: 'outdated', by: `${file} holds ${times} times, not once: ${find.trim()}` };
      await writeFile(path, text.replace(find, () => replace));
    }
    const { failed, problem } = faults ? await runSeeds(seeds, mostSeeds(seeds)) : await runTests(tests, ['--bail=1']);
    // A mutant that does not even load proves nothing of the tests.
    if (problem !== null) return { verdict: 'broken', by: problem };
    return failed.length > 0 ? { verdict: 'caught', by: failed[0] } : { verdict: 'survived', by: faults ? `nothing was found in ${mostSeeds(seeds)} seeds` : `nothing failed in ${tests.join(', ')}` };
  } finally {
    for (const [path, text] of originals) await writeFile(path, text);
  }
}

/** Of the kinds that are needed, until one fails. */
async function runHealthySeeds() {
  for (const [kind, count] of [['federations', 500], ['swarms', 100]]) {
    if (!chosen.some(({ seeds }) => seeds === kind)) continue;
    const found = await runSeeds(kind, count);
    if (found.failed.length > 0 || found.problem !== null) return found;
  }
  return { failed: [], problem: null };
}

/** Runs fault seeds in the copy, from 0 on until one fails. */
async function runSeeds(kind, count) {
  let script;
  try {
    script = await bundleFaultSeeds(folder);
  } catch (thrown) {
    return { failed: [], problem: `it cannot be bundled: ${thrown.message}` };
  }
  const { ended, text } = await runChild([script, kind, String(count)], 'stdout');
  if (ended === 'SIGKILL') return { failed: [`it hung for ${RUN_MS / 60_000} minutes`], problem: null };
  const line = text.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) return { failed: [], problem: `the seeds did not run (${ended}): ${text.slice(-500)}` };
  const { seeds, found } = JSON.parse(line);
  return { failed: found === null ? [] : [`after ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: ${found.split('\n')[0].slice(0, 160)}`], problem: null };
}

/** @returns what a child process of Node said, and how it ended. */
function runChild(argv, stream, settings = {}) {
  return new Promise((resolve) => {
    const stdio = ['ignore', stream === 'stdout' ? 'pipe' : 'ignore', stream === 'stderr' ? 'pipe' : 'ignore'];
    const child = spawn(process.execPath, argv, { cwd: folder, stdio, timeout: RUN_MS, killSignal: 'SIGKILL', env: { ...process.env, ...settings } });
    children.add(child);
    let text = '';
    child[stream].on('data', (chunk) => {
      text += chunk;
    });
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ text, ended: signal ?? code });
    });
  });
}

/** Runs test files in the copy: the tests that failed, and what kept them from running at all. */
async function runTests(tests, options) {
  const output = join(folder, '.cache', 'mutants.json');
  await rm(output, { force: true });
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  // Enough seeds of faults for a mutant to be found in.
  const said = await runChild([vitest, 'run', ...tests, ...options, '--reporter=json', `--outputFile=${output}`, '--cache=false'], 'stderr', { FAULT_SEEDS: '0..1499', GOSSIP_FAULT_SEEDS: '0..149' });
  const report = await readFile(output, 'utf8').then(JSON.parse, () => null);
  if (report === null) return { failed: [], problem: `the tests did not run (${said.ended}): ${said.text.slice(-500).trim()}` };
  const failed = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => `${name.slice(name.indexOf('/test/') + 1)}: ${fullName}`),
  );
  const unloadable = report.testResults.find(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  const problem = unloadable ? `${unloadable.name} did not load: ${unloadable.message}` : report.numTotalTests === 0 ? 'no test ran' : null;
  return { failed, problem };
}
