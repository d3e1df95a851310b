/** Runs a program to its end, keeps what it printed, and says now and then that it still works. */
import { spawn } from 'node:child_process';

const STILL_WORKING_MS = 30_000;
/** Enough to hold the last errors of a compiler; installers can print megabytes. */
const KEPT_CHARACTERS = 64_000;

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, say?: (line: string) => void, what?: string, shell?: boolean }} options
 * @returns {Promise<{ code: number, output: string }>} `code` is 128 and more where a signal ended it
 */
export function runCommand(program, args, options) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'], shell: options.shell ?? false });
    let output = '';
    const keep = (/** @type {Buffer} */ bytes) => {
      output = (output + bytes.toString('utf8')).slice(-KEPT_CHARACTERS);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setInterval(() => {
      options.say?.(`  ${options.what ?? program}: still working after ${Math.round((Date.now() - started) / 1000)} s`);
    }, STILL_WORKING_MS);
    // Whoever interrupts the set-up means its children, too, even where no terminal tells them.
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    const done = () => {
      clearInterval(timer);
      process.removeListener('exit', stop);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('close', (code, signal) => {
      done();
      resolve({ code: code ?? (signal ? 128 : 1), output });
    });
  });
}

/** The last lines of what a program printed. */
export function lastLines(output, count = 40) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
