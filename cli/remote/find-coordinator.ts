/** Which coordinator a command speaks to, and by what right: options, then the environment, then what the data folder of a running one tells. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MurmurError } from '../../shared/errors.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8700';
export const DEFAULT_DATA = 'data';

export interface CoordinatorOptions {
  readonly url?: string;
  readonly adminToken?: string;
  /** The data folder of a coordinator on this machine. */
  readonly data?: string;
}

export interface CoordinatorAddress {
  readonly url: string;
  readonly adminToken: string | null;
}

export async function findCoordinator(options: CoordinatorOptions, env: NodeJS.ProcessEnv = process.env): Promise<CoordinatorAddress> {
  const data = options.data ?? DEFAULT_DATA;
  const url = checkUrl(options.url ?? (await readAddress(data)) ?? DEFAULT_URL);
  const adminToken = options.adminToken ?? env.MURMUR_ADMIN_TOKEN ?? (await readToken(data));
  return { url, adminToken };
}

function checkUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new MurmurError('bad_usage', `--url ${text} is no address; give one like ${DEFAULT_URL}`, { cause: error });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new MurmurError('bad_usage', `--url ${text} is neither http nor https; give one like ${DEFAULT_URL}`);
  return url.href.replace(/\/+$/, '');
}

/** The coordinator writes its address into its data folder while it runs. */
async function readAddress(data: string): Promise<string | null> {
  const text = await readFile(join(data, 'server.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null && 'url' in document && typeof document.url === 'string' ? document.url : null;
  } catch {
    return null;
  }
}

async function readToken(data: string): Promise<string | null> {
  const text = await readFile(join(data, 'admin-token'), 'utf8').catch(() => null);
  return text === null || text.trim() === '' ? null : text.trim();
}
