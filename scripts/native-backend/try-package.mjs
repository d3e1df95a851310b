/** Whether a tfjs-node loads and computes in this very Node. */
import { fileURLToPath } from 'node:url';
import { lastLines, runCommand } from '../setup/run-command.mjs';

const SCRIPT = fileURLToPath(new URL('try-package.cjs', import.meta.url));

/** @returns {Promise<{ tensorflow: string } | { problem: string }>} TensorFlow's version, or why it does not work */
export async function tryPackage(folder, project) {
  const { code, output } = await runCommand(process.execPath, [SCRIPT, folder, project], { cwd: project, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  const last = lastLines(output, 1);
  if (code === 0 && last.startsWith('{')) return JSON.parse(last);
  return { problem: lastLines(output, 15) || `the process ended with ${code}` };
}
