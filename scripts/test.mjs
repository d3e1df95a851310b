/**
 * `npm test`: sets up what is missing, then typecheck, lint and all tests. Arguments go to vitest.
 * The last line is `N passed, N failed[, N skipped]`: the tests, and one failure for each check that did not pass.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium, INSTALL_HINT } from './chromium.mjs';
import { setUpOrExit } from './setup.mjs';
import { runCommand } from './setup/run-command.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const say = (line) => console.log(line);
const node = (script, ...args) => [join(root, 'node_modules', script), ...args];

async function check(name, args) {
  const started = Date.now();
  const { code, output } = await runCommand(process.execPath, args, { cwd: root, say, what: name });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(code === 0 ? `${name}: passed (${seconds} s)` : `${name}: FAILED (${seconds} s)\n${output.trimEnd()}`);
  return code === 0;
}

/** Runs vitest on our own terminal; resolves with its exit code. */
function runVitest(args, env) {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, node('vitest/vitest.mjs', 'run', ...args), { cwd: root, env, stdio: 'inherit' });
    const pass = (signal) => child.kill(signal);
    process.on('SIGTERM', pass);
    process.on('SIGINT', pass);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGTERM', pass);
      process.off('SIGINT', pass);
      done(code ?? 1);
    });
  });
}

/** What vitest counted; null when it died before it could say. */
function readCounts(path) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(path, 'utf8'));
    // A file that cannot even be loaded has failed and holds no test that could.
    const brokenFiles = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed')).length;
    return { passed: numPassedTests, failed: numFailedTests + brokenFiles, skipped: numPendingTests + numTodoTests };
  } catch {
    return null;
  }
}

await setUpOrExit({ say });
const chromium = await ensureChromium(root, say);

const checks = await Promise.all([
  check('typecheck', node('typescript/bin/tsc', '-p', 'tsconfig.json', '--pretty', 'false')),
  check('lint', node('eslint/bin/eslint.js', '.', '--cache', '--cache-location', '.cache/eslint', '--max-warnings', '0')),
]);

const report = join(root, '.cache/vitest.json');
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
const env = { ...process.env, ...(chromium === null ? {} : { MURMUR_CHROMIUM: chromium }) };
const code = await runVitest(['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)], env);

if (chromium === null) say(`\n*** The browser tests were SKIPPED: there is no Chrome or Chromium. ${INSTALL_HINT} ***`);
const counts = readCounts(report) ?? { passed: 0, failed: 0, skipped: 0 };
let failed = counts.failed + checks.filter((passed) => !passed).length;
if (code !== 0 && failed === 0) failed = 1;
for (const [index, name] of ['typecheck', 'lint'].entries()) if (!checks[index]) say(`${name} failed: see above.`);
say(`\n${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? code || 1 : 0;
