/** `murmur task list`. */
import type { Command } from 'commander';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';
import { formatTable } from '../table.ts';

export function addTaskList(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('list'))
    .description('list the tasks')
    .action(async (options: CoordinatorOptions) => {
      const tasks = await (await connect(options)).listTasks();
      const rows = tasks.map((task) => [task.id, task.mode === 'gossip' ? `gossip, ${task.peers ?? 0} connected` : task.mode, task.status, new Date(task.createdAt).toISOString(), task.statusReason ?? '']);
      output.result({ tasks }, tasks.length === 0 ? 'There is no task yet. Create one with `murmur task create FILE`.' : formatTable(['TASK', 'MODE', 'STATUS', 'CREATED', 'REASON'], rows));
    });
}
