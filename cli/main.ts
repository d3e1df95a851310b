#!/usr/bin/env node
/** `murmur`, the command line: parses, runs one command, and says how it ended. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { MurmurError } from '../shared/errors.ts';
import { endProcess } from './end-process.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { createOutput, processStreams, type Streams } from './output.ts';
import { createProgram } from './program.ts';

/** `--json` and `--verbose` hold wherever they stand, before or after a command's name. */
function takeFlags(argv: readonly string[]): { readonly rest: string[]; readonly json: boolean; readonly verbose: boolean } {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  const kept = own.filter((argument) => argument !== '--json' && argument !== '--verbose');
  return { rest: [...kept, ...argv.slice(own.length)], json: own.includes('--json'), verbose: own.includes('--verbose') };
}

/**
 * Runs one command to its end.
 * @param argv the arguments behind `murmur`
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function runMurmur(argv: readonly string[], streams: Streams = processStreams): Promise<number> {
  const { rest, json, verbose } = takeFlags(argv);
  const output = createOutput(streams, { json, verbose });
  const program = createProgram(output, streams);
  try {
    await program.parseAsync(rest, { from: 'user' });
    return output.markedFailed ? EXIT.failed : EXIT.done;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Help and version that were asked for.
      if (thrown.exitCode === 0) return EXIT.done;
      // Help that stands in for a command left out has been printed already.
      if (thrown.code !== 'commander.help' || json) output.failure(usageError(thrown));
      return EXIT.usage;
    }
    output.failure(thrown);
    return exitCodeOf(thrown);
  }
}

function usageError(error: CommanderError): MurmurError {
  if (error.code === 'commander.help') return new MurmurError('bad_usage', 'no command was given; --help lists them');
  return new MurmurError('bad_usage', `${error.message.replace(/^error: /, '')}; --help tells more`);
}

function isRunDirectly(): boolean {
  // npm puts a link into its bin folder.
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
}

if (isRunDirectly()) endProcess(await runMurmur(process.argv.slice(2)));
