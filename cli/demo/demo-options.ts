/** What `npm start -- …` understands. */
import { Command } from 'commander';
import { parseCount, parsePort } from '../arguments.ts';
import type { Streams } from '../output.ts';

export interface DemoOptions {
  readonly data: string;
  readonly port: number;
  readonly agents: number;
  readonly gossip?: true;
  readonly rounds?: number;
  readonly once?: true;
  readonly json?: true;
  readonly verbose?: true;
}

/** @throws CommanderError for help that was asked for and for wrong usage */
export function parseDemoOptions(argv: readonly string[], streams: Streams): DemoOptions {
  const command = new Command('npm start --')
    .description('Starts a coordinator, ten agents with a part of MNIST each, and trains until 97 % of the test digits are read rightly. A second start goes on from what is stored.')
    .option('--data <folder>', 'where everything is kept', 'data')
    .option('--port <n>', 'port of the page; 0 takes a free one', parsePort, 8700)
    .option('--agents <n>', 'agents, each a process of its own (default: 10, with --gossip 8)', parseCount)
    .option('--gossip', 'the agents average with their neighbours, with no coordinator in the loop, until the mean of their models reads 95 % of the test digits rightly')
    .option('--rounds <n>', 'end after this many rounds, whatever was reached', parseCount)
    .option('--once', 'end when the target is reached, instead of serving on')
    .option('--json', 'print one JSON object a line, the last one the result')
    .option('--verbose', 'print stacks with errors')
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.error, outputError: () => undefined });
  command.parse(argv, { from: 'user' });
  const options = command.opts<Omit<DemoOptions, 'agents'> & { readonly agents?: number }>();
  return { ...options, agents: options.agents ?? (options.gossip ? 8 : 10) };
}
