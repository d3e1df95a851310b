/**
 * Whether a coordinator that runs already uses a data folder. A second one of the same host would
 * take its leases over, as a restarted one does, and leave the first unable to write.
 */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MurmurError } from '../../shared/errors.ts';

/** What a running coordinator leaves in its folder: its address and its process. */
export const ADDRESS_FILE = 'server.json';

const ANSWER_MS = 2000;

/** @throws conflict: one runs there. A file that a killed process left behind is no hindrance. */
export async function requireUnused(folder: string): Promise<void> {
  const text = await readFile(join(folder, ADDRESS_FILE), 'utf8').catch(() => null);
  const left = text === null ? null : parse(text);
  // Process ids are used again, and so are ports: both at once are no accident.
  if (left === null || !isAlive(left.pid) || !(await answers(left.url))) return;
  throw new MurmurError('conflict', `the data folder ${folder} is used by a coordinator that runs at ${left.url} (process ${left.pid}); stop that one, or give this one a folder of its own (--data)`);
}

function parse(text: string): { readonly url: URL; readonly pid: number } | null {
  try {
    const { url, pid } = JSON.parse(text) as { url: string; pid: number };
    return Number.isSafeInteger(pid) && pid > 0 ? { url: new URL(url), pid } : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function answers({ hostname, port, protocol }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || (protocol === 'https:' ? 443 : 80), timeout: ANSWER_MS });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
