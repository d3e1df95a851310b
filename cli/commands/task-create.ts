/** `murmur task create FILE`: hands a TaskSpec to the coordinator, which checks it whole. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { MurmurError } from '../../shared/errors.ts';
import { whyUnreadable } from '../../simulations/why-unreadable.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

export function addTaskCreate(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('create'))
    .description('create a task from a TaskSpec')
    .argument('<file>', 'the TaskSpec as JSON; - reads standard input')
    .option('--start', 'start it at once')
    .action(async (file: string, options: CoordinatorOptions & { start?: true }) => {
      const spec = await readSpec(file);
      const api = await connect(options);
      const task = await api.createTask(spec);
      if (options.start) await api.startTask(task.id);
      const next = options.start ? 'It runs.' : `Start it with \`murmur task start ${task.id}\`.`;
      output.result({ task: task.id, status: options.start ? 'running' : task.status }, `Task ${task.id} is created at ${api.url}. ${next}`);
    });
}

/** Only JSON is asked for here; the coordinator knows what a TaskSpec is, and names each wrong field. */
async function readSpec(file: string): Promise<unknown> {
  const name = file === '-' ? 'standard input' : file;
  let content: string;
  try {
    content = file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new MurmurError('bad_task_spec', `the TaskSpec ${name} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
  try {
    return JSON.parse(content) as unknown;
  } catch (error) {
    throw new MurmurError('bad_task_spec', `the TaskSpec ${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
