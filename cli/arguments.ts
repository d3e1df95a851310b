/** Parsers of option values; commander turns their complaint into a usage error that names the option. */
import { InvalidArgumentError } from 'commander';
import { MurmurError } from '../shared/errors.ts';
import { EDGE_ID_PATTERN } from '../shared/ids.ts';

export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('A whole number from 1 is expected.');
  return value;
}

/** The number of a model version, or the name of one. */
export function parseVersion(text: string): string {
  if (!/^(\d{1,9}|[a-z][a-z0-9-]{0,63})$/.test(text)) throw new InvalidArgumentError('The number of a version is expected, or its label, as `best`.');
  return text;
}

/** 0 lets the system choose. */
export function parsePort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port from 0 to 65535 is expected.');
  return value;
}

export function parseRegion(text: string): string {
  if (text === '' || text.length > 64) throw new InvalidArgumentError('A name of 1 to 64 characters is expected.');
  return text;
}

export function parseEdge(text: string): string {
  if (!EDGE_ID_PATTERN.test(text)) throw new InvalidArgumentError('The id of an edge is expected: e and 20 hexadecimal digits.');
  return text;
}

export function parseRate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('A number above 0 is expected.');
  return value;
}

/** `PORT` or `HOST:PORT`. */
export function parseListen(text: string): { readonly host?: string; readonly port: number } {
  const match = /^(?:(.+):)?(\d+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('A port is expected, or HOST:PORT.');
  const port = parsePort(match[2]);
  return match[1] === undefined ? { port } : { host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
}

/** Separated by commas. */
export function parseList(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '');
  if (parts.length === 0) throw new InvalidArgumentError('One or more are expected, with commas between them.');
  return parts;
}

/** `stun:HOST:PORT`, or `turn:USER:PASSWORD@HOST:PORT`; `stuns:` and `turns:` over TLS. */
export function parseIceServer(text: string): { urls: string[]; username?: string; credential?: string } {
  const match = /^(stuns?|turns?):(?:([^:@]+):([^@]+)@)?([^@]+)$/.exec(text);
  if (match === null) throw new MurmurError('bad_usage', `--ice ${text}: give stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT`);
  const [, scheme, username, credential, host] = match;
  const urls = [`${scheme}:${host}`];
  return username === undefined ? { urls } : { urls, username, credential };
}

/** What `cli/datasets.ts` opens. */
export const DATASETS_HELP = 'csv:FILE, idx:IMAGES,LABELS, images:FOLDER, mnist:PART/PARTS';

/** `TASK=VALUE`. */
export function splitTask(text: string): { readonly task: string | null; readonly value: string } {
  // A task's name holds no colon, a dataset always begins with `SCHEME:`: so `csv:a=b.csv` is a dataset without a task.
  const match = /^([a-z0-9-]+)=(.+)$/.exec(text);
  return match === null ? { task: null, value: text } : { task: match[1], value: match[2] };
}

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
