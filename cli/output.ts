/** What the command line prints: text for people, or with `--json` one JSON object a line, the last one the result. */
import { toErrorBody, toMurmurError } from '../shared/errors.ts';
import { withOwnCommands } from './own-command.ts';

/** Where lines go: standard output and error, or what a test listens to. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export interface Output {
  readonly json: boolean;
  /** Progress for people; nothing for machines. */
  note(text: string): void;
  /** Something that happened on the way. */
  event(fields: object, text: string): void;
  /** What the command was asked for: the last line. */
  result(fields: object, text: string): void;
  failure(thrown: unknown): void;
  /** The command did what it was asked for, and what it found is no good: its exit code says so. */
  markFailed(): void;
  readonly markedFailed: boolean;
}

export const processStreams: Streams = {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
};

export function createOutput(streams: Streams, options: { readonly json: boolean; readonly verbose: boolean }): Output {
  const { json, verbose } = options;
  const line = (text: string): void => streams.out(`${text}\n`);
  let markedFailed = false;
  return {
    json,
    markFailed() {
      markedFailed = true;
    },
    get markedFailed() {
      return markedFailed;
    },
    note: (text) => {
      if (!json) line(withOwnCommands(text));
    },
    event: (fields, text) => line(json ? JSON.stringify(fields) : withOwnCommands(text)),
    result: (fields, text) => line(json ? JSON.stringify(fields) : withOwnCommands(text)),
    failure(thrown) {
      if (json) line(JSON.stringify({ ok: false, error: failureBody(thrown) }));
      else streams.error(`${withOwnCommands(describeFailure(thrown, verbose))}\n`);
    },
  };
}

/** Unlike what crosses the wire, an internal error keeps its text: whoever runs the command may see it. */
function failureBody(thrown: unknown): object {
  return { ...toErrorBody(thrown), message: toMurmurError(thrown).message };
}

/** One clear line, then what was wrong where, a line each; the stack only where it was asked for. */
export function describeFailure(thrown: unknown, verbose: boolean): string {
  const error = toMurmurError(thrown);
  const found = particulars(error.details);
  const lines = [`murmur: ${headline(error.message, found)}`, ...found.map(({ where, message }) => `  ${where}: ${message}`)];
  if (found.length === 1 && error.message.includes(found[0].message)) lines.pop();
  if (verbose) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) lines.push(cause.stack ?? String(cause));
  }
  return lines.join('\n');
}

/** Some messages end in their particulars: where several are listed below, they are not said twice. */
function headline(message: string, found: readonly Particular[]): string {
  if (found.length < 2 || !found.every((particular) => message.includes(particular.message))) return message;
  const at = message.indexOf(found[0].where);
  return at > 0 ? message.slice(0, at).trimEnd() : message;
}

interface Particular {
  readonly where: string;
  readonly message: string;
}

/** The details of errors about documents: a list, bare or as `problems`, of wrong fields by path or of places in a file. */
function particulars(details: unknown): readonly Particular[] {
  const list: unknown = isObject(details) && 'problems' in details ? details.problems : details;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown): Particular[] => {
    if (!isObject(item)) return [];
    if (typeof item.message === 'string') {
      const path = Array.isArray(item.path) ? item.path.join('.') : item.path;
      return [{ where: typeof path === 'string' && path !== '' ? path : '(the whole)', message: item.message }];
    }
    if (typeof item.found !== 'string' || typeof item.expected !== 'string') return [];
    const places = (['file', 'line', 'column'] as const).flatMap((key) => (isText(item[key]) ? [key === 'file' ? `${item[key]}` : `${key} ${item[key]}`] : []));
    return [{ where: places.join(', ') || '(the whole)', message: `found ${item.found}, expected ${item.expected}` }];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
