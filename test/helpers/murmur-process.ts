/** The command line as its users run it: a process, its lines of JSON, and signals. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

export type JsonLine = Readonly<Record<string, unknown>>;

export interface MurmurProcess {
  readonly child: ChildProcess;
  /** Every line so far, parsed. */
  readonly lines: readonly JsonLine[];
  /** The first line, past or to come, for which `wanted` holds. Rejects when the process ends without one. */
  line(wanted: (line: JsonLine) => boolean): Promise<JsonLine>;
  /** Exit code and last line. */
  readonly ended: Promise<{ readonly code: number | null; readonly last: JsonLine; readonly stderr: string }>;
  /** Asks it to end, as Ctrl-C does, unless it has. */
  interrupt(): Promise<void>;
}

/** Those that have not ended, and what resolves when they have. */
const running = new Map<ChildProcess, Promise<unknown>>();
/** For a launcher to end its own processes. */
const LEAVE_MS = 15_000;

// A test that failed, or took too long, waits for none of them.
afterAll(async () => {
  const late = setTimeout(() => running.forEach((_, child) => child.kill('SIGKILL')), LEAVE_MS);
  for (const child of running.keys()) child.kill('SIGTERM');
  await Promise.all(running.values());
  clearTimeout(late);
}, 2 * LEAVE_MS);

/** Runs `scripts/NAME.mjs` with `--json`; both set up what is missing first. */
export function startScript(name: 'run-murmur' | 'start', args: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): MurmurProcess {
  return follow(process.execPath, [resolve(ROOT, `scripts/${name}.mjs`), ...args, '--json'], options);
}

/** The same through npm, as the README says it: signals go to npm alone. */
export function startNpm(script: 'murmur' | 'start', args: readonly string[]): MurmurProcess {
  return follow('npm', ['run', '--silent', script, '--', ...args, '--json'], {});
}

function follow(command: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }): MurmurProcess {
  const child = spawn(command, args, { cwd: options.cwd ?? ROOT, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: JsonLine[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  let stderr = '';
  let over = false;
  child.stderr.on('data', (bytes: Buffer) => void (stderr += bytes.toString('utf8')));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (text) => {
    lines.push(JSON.parse(text) as JsonLine);
    wake();
  });
  const ended = Promise.all([once(child, 'close'), once(reader, 'close')]).then(([[code]]) => {
    over = true;
    running.delete(child);
    wake();
    return { code: code as number | null, last: lines.at(-1) ?? {}, stderr };
  });
  running.set(child, ended);
  return {
    child,
    lines,
    ended,
    line: (wanted) => new Promise((found, lost) => {
      const look = (): void => {
        const line = lines.find(wanted);
        if (line !== undefined) found(line);
        else if (over) lost(new Error(`${command} ${args.join(' ')} ended without the line:\n${lines.map((each) => JSON.stringify(each)).join('\n')}\n${stderr}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    }),
    async interrupt() {
      if (!over) child.kill('SIGINT');
      await ended;
    },
  };
}

/** One command to its end. */
export function murmur(...args: string[]): MurmurProcess['ended'] {
  return startScript('run-murmur', args).ended;
}
