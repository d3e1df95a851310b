/** Child processes of a test, from TypeScript: bundled on the fly, spoken to by messages, killed for good. */
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles a helper into the project's cache folder, from where its packages are found. */
export async function bundleHelper(name: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = fileURLToPath(new URL(`../../.cache/${name}-${process.pid}.mjs`, import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    outfile: path, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['source'], packages: 'external', logLevel: 'silent',
  });
  return { path, remove: () => rm(path, { force: true }) };
}

export interface ChaosChild<Message extends { readonly type: string }> {
  readonly pid: number;
  /** The signal or the exit code that ended it. */
  readonly ended: Promise<string>;
  /** The first message, past or to come, that passes. Rejects when the child ends before it says so. */
  heard<Type extends Message['type']>(type: Type, passes?: (message: Extract<Message, { type: Type }>) => boolean): Promise<Extract<Message, { type: Type }>>;
  send(message: object): void;
  kill(): Promise<void>;
}

export function startChild<Message extends { readonly type: string }>(path: string, settings: object): ChaosChild<Message> {
  const child = fork(path, [JSON.stringify(settings)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  let complaints = '';
  let end: string | null = null;
  const wake = (): void => [...waiting].forEach((look) => look());
  child.stderr?.on('data', (text: Buffer) => {
    complaints += text.toString();
  });
  child.on('message', (message) => {
    messages.push(message as Message);
    wake();
  });
  const ended = new Promise<string>((resolve) => {
    // Not `exit`: what it said before is heard first.
    child.once('close', (code, signal) => {
      end = signal ?? String(code);
      resolve(end);
      wake();
    });
  });
  return {
    pid: child.pid ?? -1,
    ended,
    heard: (type, passes = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = messages.find((message): message is Extract<Message, { type: typeof type }> => message.type === type && passes(message as Extract<Message, { type: typeof type }>));
          if (!found && end === null) return;
          waiting.delete(look);
          if (found) resolve(found);
          else reject(new Error(`the process ended (${end}) without ${type}: ${complaints}`));
        };
        waiting.add(look);
        look();
      }),
    send: (message) => child.send(message),
    async kill() {
      if (end === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** In the child: what it was started with. It ends with whoever started it. */
export function childSettings<Settings>(): Settings {
  process.once('disconnect', () => process.exit(0));
  return JSON.parse(process.argv[2]) as Settings;
}

export function say(message: object): void {
  process.send?.(message);
}
