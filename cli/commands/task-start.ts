/** `murmur task start NAME`. */
import type { Command } from 'commander';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

export function addTaskStart(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('start'))
    .description('start a task, or let a stopped one go on')
    .argument('<name>', 'the task')
    .action(async (name: string, options: CoordinatorOptions) => {
      const api = await connect(options);
      await api.startTask(name);
      output.result({ task: name, status: 'running' }, `Task ${name} runs at ${api.url}.`);
    });
}
