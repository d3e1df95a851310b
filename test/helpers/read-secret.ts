import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A token that a coordinator keeps in its data folder. */
export const readSecret = async (folder: string, name: string): Promise<string> => (await readFile(join(folder, name), 'utf8')).trim();
