/** A picture on the terminal that is drawn anew whenever something changes, and each second, since time goes on by itself. */
import { createStyle, type Style } from './style.ts';
import type { Room } from './screen.ts';
import type { Terminal } from './terminal.ts';

const TICK_MS = 1000;

export interface LivePicture {
  draw(): void;
  /** A line for good, above the picture. */
  note(text: string): void;
  /** Leaves the last picture standing. */
  close(): void;
}

/** @param render its lines; null: there is nothing to be seen yet */
export function createLivePicture(terminal: Terminal, colour: boolean, render: (style: Style, room: Room) => readonly string[] | null): LivePicture {
  const style = createStyle(colour);
  let closed = false;
  const draw = (): void => {
    if (closed) return;
    const lines = render(style, terminal.room);
    if (lines !== null) terminal.draw(lines);
  };
  terminal.onResize(draw);
  const ticking = setInterval(draw, TICK_MS);
  return {
    draw,
    note: (text) => terminal.print(text),
    close() {
      if (closed) return;
      clearInterval(ticking);
      draw();
      closed = true;
      terminal.close();
    },
  };
}
