/**
 * The processes of a benchmark: a load generator never shares a process with what it loads. The parent gives orders,
 * the child answers each; a child whose parent is gone ends by itself.
 */
import { fork } from 'node:child_process';
import { MurmurError, fromErrorBody, toErrorBody, toMurmurError, type ErrorBody } from '../../shared/errors.ts';

interface OrderMessage {
  readonly id: number;
  readonly order: string;
  readonly payload: unknown;
}
type AnswerMessage = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ErrorBody });

/** What a child can be asked: order → payload and answer, both plain data. */
export type Orders = Record<string, { payload: unknown; answer: unknown }>;

export interface BenchProcess<Known extends Orders> {
  /** @throws what the child threw; unavailable when it ended first */
  call<Order extends keyof Known & string>(order: Order, payload: Known[Order]['payload']): Promise<Known[Order]['answer']>;
  /** Processor time that the process took since its start, in milliseconds: it counts what a busy machine cannot falsify. */
  cpuMs(): Promise<number>;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** How long a child may take to end by itself. */
const ENDING_MS = 10_000;

/** @param signal ends the process at once; `env`: settings beside those of this process */
export function startBenchProcess<Known extends Orders>(module: URL, name: string, signal: AbortSignal, { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {}): BenchProcess<Known> {
  const child = fork(module, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], signal, killSignal: 'SIGKILL', execArgv: process.execArgv, env: { ...process.env, ...env } });
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (reason: unknown) => void }>();
  let orders = 0;
  let ended: string | null = null;
  const exit = new Promise<void>((resolve) => {
    child.once('exit', (code, killedBy) => {
      ended = `the process ${name} ended (${killedBy ?? `status ${code ?? 'unknown'}`})`;
      for (const { reject } of waiting.values()) reject(new MurmurError('unavailable', ended));
      waiting.clear();
      resolve();
    });
  });
  // An abort arrives here; the exit that follows says what there is to say.
  child.on('error', () => undefined);
  child.on('message', (message: AnswerMessage) => {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ('error' in message) asked?.reject(fromErrorBody(message.error));
    else asked?.resolve(message.result);
  });
  const ask = (order: string, payload: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== null) {
        reject(new MurmurError('unavailable', ended));
        return;
      }
      const id = ++orders;
      waiting.set(id, { resolve, reject });
      child.send({ id, order, payload } satisfies OrderMessage);
    });
  return {
    call: ask,
    cpuMs: () => ask('cpu', null) as Promise<number>,
    async stop() {
      if (ended === null && child.connected) child.disconnect();
      const tooLate = setTimeout(() => child.kill('SIGKILL'), ENDING_MS);
      await exit;
      clearTimeout(tooLate);
    },
  };
}

export type OrderHandlers<Known extends Orders> = { readonly [Order in keyof Known]: (payload: Known[Order]['payload']) => Promise<Known[Order]['answer']> };

/** What every child answers. */
const commonHandlers = {
  async cpu(): Promise<number> {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** The child's half. `onEnd` lets go of everything when the parent wants the end, or is gone; then the process ends. */
export function serveOrders<Known extends Orders>(handlers: OrderHandlers<Known>, onEnd: () => Promise<void>): void {
  const all: OrderHandlers<Orders> = { ...(handlers as OrderHandlers<Orders>), ...commonHandlers };
  // A parent that has gone in the meantime wants no answer: the callback takes the error that would end this process.
  const answer = (message: AnswerMessage): void => void process.send?.(message, undefined, undefined, () => undefined);
  process.on('message', ({ id, order, payload }: OrderMessage) => {
    all[order](payload).then(
      (result) => answer({ id, result: result ?? null }),
      // With its text whatever its code: both processes are the same owner's.
      (thrown: unknown) => answer({ id, error: { ...toErrorBody(thrown), message: toMurmurError(thrown).message } }),
    );
  });
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    onEnd().catch(() => undefined).finally(() => process.exit(0));
  };
  process.once('disconnect', end);
  // Ctrl-C reaches the whole group: files are removed all the same.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
}
