/**
 * The demo's agents, each a process of its own. They run in their own process groups, so that
 * Ctrl-C reaches the launcher alone and the agents are asked to leave in order; should the launcher
 * die, the channel to them closes, and they leave by themselves.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../shared/clock.ts';
import { createRestartPolicy } from './restart-policy.ts';

export interface FleetOptions {
  /** Plain data: each is sent to a process of its own. */
  readonly agents: readonly { readonly name: string }[];
  readonly clock: Clock;
  /** The module that a child runs; left out: `agent-process.js` beside this file. */
  readonly module?: string;
  readonly onNote: (text: string) => void;
  /** What an agent says of its own accord, or because it was told something. */
  readonly onMessage?: (message: unknown) => void;
}

export interface Fleet {
  /** The processes that run now. */
  readonly pids: readonly number[];
  /** Resolves once every agent has been given up; never while one may still work. */
  readonly lost: Promise<void>;
  /** To every agent that runs now. @returns how many they are */
  tell(message: object): number;
  stop(): Promise<void>;
}

/** Below the coordinator, which must answer while all cores train. */
const NICENESS = 5;
const LEAVE_MS = 5_000;
const KEPT_STDERR = 4_000;

/** One core each: the agents share the machine by being many, not by having many threads. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '2', UV_THREADPOOL_SIZE: '2' };

export function startFleet({ agents, clock, module = fileURLToPath(new URL('./agent-process.js', import.meta.url)), onNote, onMessage }: FleetOptions): Fleet {
  const children = new Set<ChildProcess>();
  const cancels = new Set<() => void>();
  let stopping = false;
  let alive = agents.length;
  let reportLost: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    reportLost = resolve;
  });

  const startAgent = (settings: FleetOptions['agents'][number]): void => {
    const policy = createRestartPolicy();
    const start = (): void => {
      const startedAt = clock.now();
      const child = fork(module, [], { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced', env: { ...process.env, ...ONE_THREAD } });
      children.add(child);
      let stderr = '';
      child.stderr?.on('data', (bytes: Buffer) => {
        stderr = (stderr + bytes.toString('utf8')).slice(-KEPT_STDERR);
      });
      let failure: string | null = null;
      child.on('message', (message: unknown) => {
        if (typeof message === 'object' && message !== null && 'failed' in message) failure = String(message.failed);
        else onMessage?.(message);
      });
      child.once('spawn', () => lowerPriority(child));
      const ended = (how: string): void => {
        if (!children.delete(child) || stopping) return;
        const why = failure ?? stderr.trim().split('\n').at(-1) ?? '';
        const what = `${settings.name} ${how}${why === '' ? '' : `: ${why}`}`;
        const wait = policy.afterCrash(clock.now() - startedAt);
        if (wait === null) {
          onNote(`${what}; it crashed too often and is left out`);
          if (--alive === 0) reportLost();
          return;
        }
        onNote(`${what}; it starts again in ${wait / 1000} s`);
        const cancel = clock.after(wait, () => {
          cancels.delete(cancel);
          start();
        });
        cancels.add(cancel);
      };
      child.on('error', (error) => {
        failure ??= error.message;
        // One that never started does not exit either.
        if (child.pid === undefined) ended('could not be started');
      });
      // Not `close`: that one does not come for a child whose channel the parent closed.
      child.once('exit', (code, signal) => {
        const tell = (): void => ended(`ended (${signal ?? `code ${code}`})`);
        // Its last words may still be on their way.
        if (child.stderr === null || child.stderr.closed) tell();
        else child.stderr.once('close', tell);
      });
      child.send(settings, () => undefined);
    };
    start();
  };
  agents.forEach(startAgent);

  return {
    get pids() {
      return [...children].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    },
    lost,
    tell(message) {
      const listening = [...children].filter(({ connected }) => connected);
      for (const child of listening) child.send(message, () => undefined);
      return listening.length;
    },
    async stop() {
      stopping = true;
      for (const cancel of cancels) cancel();
      cancels.clear();
      await Promise.all([...children].map((child) => stopChild(child, clock)));
    },
  };
}

function lowerPriority(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  } catch {
    // It may be gone already, or the system may not allow it: neither matters.
  }
}

/** Closing its channel asks an agent to leave; one that does not within a while is ended. */
async function stopChild(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  const cancel = clock.after(LEAVE_MS, () => child.kill('SIGKILL'));
  await exited;
  cancel();
}
