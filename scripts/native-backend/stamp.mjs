/**
 * What is done already: each step notes at its end what it made and of what. A step whose note says the same
 * again, and whose files are there, is not repeated; so an interrupted build goes on where it stopped.
 */
import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = 'stamp.json';

/** @returns {Record<string, { of: string, files: Record<string, number> }>} */
export function readStamp(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, NAME), 'utf8'));
  } catch {
    return {};
  }
}

/** @param files sizes in bytes by path from the folder */
export async function noteStep(folder, step, of, files) {
  const path = join(folder, NAME);
  await writeFile(`${path}.part`, `${JSON.stringify({ ...readStamp(folder), [step]: { of, files } }, null, 1)}\n`);
  await rename(`${path}.part`, path);
}

/** Whether the step was done `of` the same (of anything, where null) and all that it made is there still. */
export function isDone(folder, step, of) {
  const note = readStamp(folder)[step];
  return note !== undefined && (of === null || note.of === of) && Object.entries(note.files).every(([path, bytes]) => sizeOf(join(folder, path)) === bytes);
}

/** -1 where there is no such file. */
export function sizeOf(path) {
  try {
    return statSync(path).size;
  } catch {
    return -1;
  }
}
