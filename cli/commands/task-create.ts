/** `murmur task create FILE`: hands a TaskSpec to the coordinator, which checks it whole. */
import type { Command } from 'commander';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { readSpec } from '../read-spec.ts';
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
