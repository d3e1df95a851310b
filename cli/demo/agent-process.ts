/**
 * One of the demo's agents: a process that gets its settings over its parent's channel, takes
 * part until told to leave, and leaves, too, when the channel closes because the parent died.
 */
import { fileURLToPath } from 'node:url';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { openDataset } from '../datasets.ts';

/** Plain JSON: it crosses a process boundary. */
export interface AgentSettings {
  readonly url: string;
  readonly name: string;
  /** As on the command line: `mnist:3/10?alpha=0.5&seed=1`. */
  readonly dataset: string;
  /** Where it keeps its identity. */
  readonly stateFolder: string;
  /** Shared by the demo's agents: one measures for all. */
  readonly measurementsFolder: string;
}

async function runAgentProcess(): Promise<void> {
  const settings = await new Promise<AgentSettings>((resolve) => process.once('message', (message) => resolve(message as AgentSettings)));
  let agent: RunningAgent | null = null;
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    const stopped = agent === null ? Promise.resolve() : agent.stop();
    void stopped.catch(() => undefined).finally(() => process.exit(0));
  };
  process.once('disconnect', leave);
  process.once('SIGTERM', leave);
  try {
    const { url, name, stateFolder, measurementsFolder } = settings;
    const dataset = openDataset(settings.dataset);
    agent = await startAgent({ url, name, dataset: () => dataset, stateFolder, measurementsFolder, logger: silentLogger });
    await agent.finished;
  } catch (thrown) {
    if (leaving) return;
    // The text must be out before the process ends.
    if (process.send) process.send({ failed: toMurmurError(thrown).message }, () => process.exit(1));
    else process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runAgentProcess();
