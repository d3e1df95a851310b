/** Columns of text for terminals. */

/** Edges choose what stands in a cell: what would move the cursor, colour the rest or turn the line round is shown as its number instead. */
const visible = (cell: string): string => cell.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

/** Left-aligned columns two spaces apart, the head in the first line; no trailing spaces. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(visible));
  const widths = head.map((title, column) => Math.max(title.length, ...shown.map((row) => row[column].length)));
  return [head, ...shown].map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}
