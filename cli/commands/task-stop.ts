/** `murmur task stop NAME`. */
import type { Command } from 'commander';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

export function addTaskStop(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('stop'))
    .description('stop a task; it can be started again')
    .argument('<name>', 'the task')
    .action(async (name: string, options: CoordinatorOptions) => {
      const api = await connect(options);
      const { status, statusReason } = await api.stopTask(name);
      const said = status === 'finished' ? `is finished already: ${statusReason ?? 'no reason given'}` : `is stopped at ${api.url}`;
      output.result({ task: name, status }, `Task ${name} ${said}.`);
    });
}
