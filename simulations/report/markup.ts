/** HTML and SVG as text. */

/** Text for between tags and inside of quotes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export type Attributes = Readonly<Record<string, string | number | null>>;

/** @param content markup, not text: what comes from outside goes through `escapeText` first */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : [` ${key}="${escapeText(typeof value === 'number' ? coordinate(value) : value)}"`]));
  return `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

/** A tenth of a pixel is what one can see. */
export const coordinate = (value: number): string => (Math.round(value * 10) / 10).toString();
