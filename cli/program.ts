/** The tree of commands. A new command is one file in commands/ and one line here or in its group. */
import { Command } from 'commander';
import { addAgent } from './commands/agent.ts';
import { addEdgesList } from './commands/edges-list.ts';
import { addEdgesRevoke } from './commands/edges-revoke.ts';
import { addModelsAdopt } from './commands/models-adopt.ts';
import { addModelsExport } from './commands/models-export.ts';
import { addModelsList } from './commands/models-list.ts';
import { addServe } from './commands/serve.ts';
import { addSimulate } from './commands/simulate.ts';
import { addStatistics } from './commands/statistics.ts';
import { addTaskCreate } from './commands/task-create.ts';
import { addTaskFindRate } from './commands/task-find-rate.ts';
import { addTaskList } from './commands/task-list.ts';
import { addTaskShow } from './commands/task-show.ts';
import { addTaskStart } from './commands/task-start.ts';
import { addTaskStop } from './commands/task-stop.ts';
import type { Output, Streams } from './output.ts';
import { readVersion } from './version.ts';

type AddCommand = (parent: Command, output: Output) => void;

export function createProgram(output: Output, streams: Streams): Command {
  const program = new Command('murmur')
    .description('Federated learning: a coordinator, edges that keep their data, and what one needs to look after both.')
    .version(readVersion())
    // `models export --version 3` means the model's.
    .enablePositionalOptions()
    .option('--json', 'print one JSON object a line, the last one the result (anywhere on the line)')
    .option('--verbose', 'print stacks with errors (anywhere on the line)');

  const add = (parent: Command, ...commands: readonly AddCommand[]): void => {
    for (const command of commands) command(parent, output);
  };
  add(program, addServe, addAgent, addSimulate, addStatistics);
  add(program.command('task').description('what is learned: create, watch, start, stop'), addTaskCreate, addTaskFindRate, addTaskList, addTaskShow, addTaskStart, addTaskStop);
  add(program.command('edges').description('the edges enrolled with a coordinator'), addEdgesList, addEdgesRevoke);
  add(program.command('models').description("a task's model versions"), addModelsList, addModelsExport, addModelsAdopt);

  prepare(program, streams);
  return program;
}

/** Errors are thrown to `runMurmur`, which knows how to print them; subcommands do not inherit this by themselves. */
function prepare(command: Command, streams: Streams): void {
  command.exitOverride().configureOutput({ writeOut: streams.out, writeErr: streams.error, outputError: () => undefined }).helpCommand(false).showSuggestionAfterError();
  for (const child of command.commands) prepare(child, streams);
}
