/** What `murmur simulate` is asked for, as it is typed. */
import { InvalidArgumentError } from 'commander';
import { MurmurError } from '../../shared/errors.ts';
import type { Json, Settings } from '../../simulations/sweep/expand-sweep.ts';

export interface SimulateOptions {
  readonly seed: number;
  readonly seeds?: string;
  readonly workers?: number;
  readonly rounds?: number;
  readonly full?: true;
  readonly set?: readonly string[];
  readonly sweep?: readonly string[];
  readonly out?: string;
  /** False where nothing is to be kept. */
  readonly keep: boolean;
  readonly fresh?: true;
  readonly list?: true;
  readonly show?: true;
  readonly partition?: string;
  readonly fleet?: string;
  readonly faults?: true;
  readonly gossip?: true;
  readonly trace?: true;
  readonly schedule?: string;
  readonly findRate?: true;
  readonly from?: number;
  readonly to?: number;
  readonly svg?: string;
}

export function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('A whole number is expected.');
  return value;
}

/** @throws bad_usage */
function splitSetting(option: string, text: string): readonly [path: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new MurmurError('bad_usage', `${option} ${text}: give PATH=VALUE, as in task.round.goal=20`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** JSON where it is some, else the text itself: `--set fleet.preset=phones` needs no quotation marks. */
function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** What `--set` and `--rounds` change of the scenario. @throws bad_usage */
export function settingsOf({ set = [], rounds }: SimulateOptions): Settings {
  const given = set.map((text) => splitSetting('--set', text)).map(([path, value]) => [path, valueOf(value)] as const);
  return { ...Object.fromEntries(given), ...(rounds === undefined ? {} : { rounds }) };
}

/** What `--sweep` runs through: each path with its values. @throws bad_usage */
export function sweptOf({ sweep = [] }: SimulateOptions): Readonly<Record<string, readonly Json[]>> {
  return Object.fromEntries(sweep.map((text) => splitSetting('--sweep', text)).map(([path, values]) => [path, values.split(',').map(valueOf)]));
}
