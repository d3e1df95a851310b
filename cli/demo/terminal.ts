/** Draws lines in place on a terminal, and leaves it as it was found. */
import { wantsColour } from './style.ts';
import type { Room } from './screen.ts';

export interface Terminal {
  /** Replaces what was drawn before. */
  draw(lines: readonly string[]): void;
  /** Prints above what is drawn, for good. */
  print(text: string): void;
  readonly room: Room;
  /** Calls back when the window changes its size, until `close`. */
  onResize(listener: () => void): void;
  close(): void;
}

const ESCAPE = '\u001b[';

/** Whether `stream` is a terminal on which lines can be drawn over. */
export function canDraw(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

export function hasColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return wantsColour(env, stream.isTTY === true);
}

export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  let drawn: readonly string[] = [];
  const listeners: (() => void)[] = [];
  const erase = (): string => (drawn.length === 0 ? '' : `${ESCAPE}${drawn.length}A\r${ESCAPE}J`);
  const restore = (): void => void stream.write(`${ESCAPE}?25h`);
  stream.write(`${ESCAPE}?25l`);
  // A crash, too, gives the cursor back.
  process.once('exit', restore);
  return {
    draw(lines) {
      // One write, so that no half-drawn picture is seen.
      stream.write(erase() + lines.map((line) => `${line}\n`).join(''));
      drawn = lines;
    },
    print(text) {
      stream.write(`${erase()}${text}\n${drawn.map((line) => `${line}\n`).join('')}`);
    },
    get room() {
      return { columns: stream.columns ?? 80, rows: stream.rows ?? 24 };
    },
    onResize(listener) {
      listeners.push(listener);
      stream.on('resize', listener);
    },
    close() {
      for (const listener of listeners) stream.off('resize', listener);
      process.off('exit', restore);
      restore();
    },
  };
}
