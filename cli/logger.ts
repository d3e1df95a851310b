/** What a long-running command logs, on standard error: warnings and errors always, the rest with `MURMUR_LOG=debug|info`. */
import type { Logger } from '../shared/logger.ts';
import type { Output } from './output.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

function thresholdOf(text: string | undefined): number {
  const index = LEVELS.indexOf(text as Level);
  return index < 0 ? LEVELS.indexOf('warn') : index;
}

/** One line an entry: JSON in JSON mode, else time, level, message and fields. */
export function createTextLogger(output: Output, env: NodeJS.ProcessEnv = process.env, write: (text: string) => void = (text) => process.stderr.write(text)): Logger {
  const threshold = thresholdOf(env.MURMUR_LOG);
  const at = (level: Level) => (fields: object, message: string): void => {
    if (LEVELS.indexOf(level) < threshold) return;
    const time = new Date().toISOString();
    write(output.json ? `${JSON.stringify({ time, level, message, ...plain(fields) })}\n` : `${time} ${level.padEnd(5)} ${message}${describe(fields)}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Errors are no JSON of themselves. */
function plain(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]: [string, unknown]) => [key, value instanceof Error ? value.message : value]));
}

function describe(fields: object): string {
  return Object.entries(plain(fields)).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join('');
}
