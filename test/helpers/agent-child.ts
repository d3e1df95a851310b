/** The parent's half of `agent-process.ts`. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fromErrorBody } from '../../shared/errors.ts';
import type { AgentAnswer, AgentCensus, AgentOrder } from './agent-process.ts';

export interface AgentChild {
  readonly edge: string;
  census(): Promise<AgentCensus>;
  /** What is left of tensors once it serves no task. */
  atRest(): Promise<Pick<AgentCensus, 'tensors' | 'buffers'>>;
  /** Leaves; what is left of tensors then. */
  stop(): Promise<Pick<AgentCensus, 'tensors' | 'buffers'>>;
  /** Hangs up and waits for the process to end by itself. Its exit code. */
  ended(): Promise<number | null>;
  kill(): void;
}

/** @param script `agent-process.ts`, bundled */
export async function startAgentChild(script: string, options: Omit<Extract<AgentOrder, { type: 'start' }>, 'type'>): Promise<AgentChild> {
  const child: ChildProcess = fork(script, { serialization: 'advanced', execArgv: [] });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const order = async (sent: AgentOrder): Promise<unknown> => {
    const over = new AbortController();
    const onExit = (code: number | null): void => over.abort(new Error(`the agent's process ended with code ${code}`));
    child.once('exit', onExit);
    child.send(sent);
    const [answer] = (await once(child, 'message', { signal: over.signal }).finally(() => child.off('exit', onExit))) as [AgentAnswer];
    if ('error' in answer) throw fromErrorBody(answer.error);
    return answer.done;
  };
  const edge = (await order({ type: 'start', ...options })) as string;
  return {
    edge,
    census: async () => (await order({ type: 'census' })) as AgentCensus,
    atRest: async () => (await order({ type: 'rest' })) as AgentCensus,
    stop: async () => (await order({ type: 'stop' })) as AgentCensus,
    async ended() {
      child.disconnect();
      return exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
