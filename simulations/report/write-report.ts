/** The report as a file. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { RunRecord } from '../run/read-record.ts';
import { renderReport } from './render-report.ts';

export const REPORT_FILE = 'report.html';

/**
 * Written beside and renamed, so that a page that is reloaded never sees half of one.
 * @throws bad_usage without a record, storage_failed with the path
 */
export async function writeReport(records: readonly RunRecord[], path: string): Promise<void> {
  const page = renderReport(records);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, page);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new MurmurError('storage_failed', `the report ${path} could not be written: ${toMurmurError(thrown).message}`, { cause: thrown });
  }
}
