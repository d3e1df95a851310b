/** A TaskSpec from a file or from standard input, as its author wrote it. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { MurmurError } from '../shared/errors.ts';
import { whyUnreadable } from '../simulations/why-unreadable.ts';

/** Only JSON is asked for here; the coordinator knows what a TaskSpec is, and names each wrong field. */
export async function readSpec(file: string): Promise<unknown> {
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
