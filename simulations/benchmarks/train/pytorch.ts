/** PyTorch as a further baseline, where a Python with torch is found: MURMUR_PYTHON names one, else python3 on the PATH. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { MurmurError } from '../../../shared/errors.ts';
import { epochOrder, type ExerciseFacts } from './exercise.ts';
import type { TrainedTurn, Turn } from './orders.ts';

const Ready = z.object({ ready: z.string(), comparable: z.boolean() });
const Trained = z.object({ ms: z.number(), cpuMs: z.number(), steps: z.number(), losses: z.array(z.number()), moved: z.number() });

export interface PyTorch {
  readonly version: string;
  /** Whether the same weights and batches give the same losses there; else it does as much work and gets other numbers. */
  readonly comparable: boolean;
  train(turn: Turn): Promise<TrainedTurn>;
  stop(): Promise<void>;
}

/** The process, or why there is none. */
export type FoundPyTorch = { readonly pytorch: PyTorch } | { readonly absent: string };

/** @param signal ends the process at once */
export async function startPyTorch(folder: string, { examples }: ExerciseFacts, signal: AbortSignal, python = process.env.MURMUR_PYTHON ?? 'python3'): Promise<FoundPyTorch> {
  const script = fileURLToPath(new URL('./pytorch_step.py', import.meta.url));
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL',
    // A folder of its own that it makes beside all others goes with the exercise.
    env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor') },
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  // A write into a process that has ended: its end says what there is to say.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(complaint.trim().split('\n').at(-1) || `it ended with status ${code ?? 'unknown'}`));
  });
  const lines = createInterface({ input: child.stdout });
  const ask = async (order: object): Promise<unknown> => {
    const answer = once(lines, 'line') as Promise<[string]>;
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return Promise.race([answer.then(([line]) => JSON.parse(line) as unknown), ended.then((why) => Promise.reject(new MurmurError('unavailable', why)))]);
  };
  try {
    const { ready, comparable } = Ready.parse(await ask({ order: 'start', folder }));
    return {
      pytorch: {
        version: ready, comparable,
        async train({ epochs, seed }) {
          const orders = Array.from({ length: epochs }, (_, epoch) => [...epochOrder(examples, seed, epoch)]);
          return { ...Trained.parse(await ask({ order: 'train', epochs: orders })), tensorsLeft: null };
        },
        async stop() {
          child.stdin.end();
          await ended;
        },
      },
    };
  } catch (thrown) {
    child.kill('SIGKILL');
    signal.throwIfAborted();
    return { absent: `no Python with torch was found (${python}: ${(thrown as Error).message}); MURMUR_PYTHON names one` };
  }
}
