/** Colour for terminals that want it, and the arithmetic of text that has some. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
  cyan(text: string): string;
}

const ESCAPE = '\u001b[';

export function createStyle(colour: boolean): Style {
  const wrap = (open: number, close: number) => (text: string): string => (colour ? `${ESCAPE}${open}m${text}${ESCAPE}${close}m` : text);
  return { bold: wrap(1, 22), dim: wrap(2, 22), green: wrap(32, 39), yellow: wrap(33, 39), red: wrap(31, 39), cyan: wrap(36, 39) };
}

/** https://no-color.org: any value but the empty one turns colour off. */
export function wantsColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
}

 
const SEQUENCE = /\u001b\[[0-9;]*m/g;

/** Columns that the text takes; all that we print is one column wide a character. */
export function visibleLength(text: string): number {
  return [...text.replace(SEQUENCE, '')].length;
}

/** Cuts to `columns`, an ellipsis in the last one; colour that was opened is closed. */
export function fitLine(text: string, columns: number): string {
  if (visibleLength(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (let at = 0; at < text.length;) {
    SEQUENCE.lastIndex = at;
    const sequence = SEQUENCE.exec(text);
    if (sequence?.index === at) {
      kept += sequence[0];
      at += sequence[0].length;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (used >= columns - 1) return `${kept}…${kept.includes(ESCAPE) ? `${ESCAPE}0m` : ''}`;
    kept += character;
    used++;
    at += character.length;
  }
  return kept;
}

export function padVisible(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - visibleLength(text)));
}
