/** Small drawings beside words, never instead of them. */
import type { Conditions } from '../../shared/task/conditions.ts';

const SVG = 'http://www.w3.org/2000/svg';

type Shape = readonly [tag: 'path' | 'rect' | 'circle', attributes: Readonly<Record<string, string | number>>];

function icon(shapes: readonly Shape[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
    svg.append(shape);
  }
  return svg;
}

const line = (d: string): Shape => ['path', { d, class: 'icon-line' }];
const UNKNOWN = [line('M7.5 7.6a2.6 2.6 0 1 1 3.6 2.4c-.8.4-1.1.9-1.1 1.8'), ['circle', { cx: 10, cy: 14.6, r: 1, class: 'icon-solid' }]] satisfies Shape[];

/** A plug, a battery filled to its level (with a bolt while charging), or a question mark. */
export function powerIcon({ battery, charging }: Conditions): SVGSVGElement {
  if (battery === 'none') return icon([line('M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3')]);
  if (battery === 'unknown') return icon(charging === true ? [line('M11 2 5 11h4l-1 7 7-10h-4z')] : UNKNOWN);
  const shapes: Shape[] = [
    ['rect', { x: 1.5, y: 6, width: 14, height: 8, rx: 1.6, class: 'icon-line' }],
    ['rect', { x: 16.6, y: 8.2, width: 2, height: 3.6, rx: 0.8, class: 'icon-solid' }],
    ['rect', { x: 3, y: 7.5, width: (11 * battery).toFixed(1), height: 5, rx: 0.6, class: 'icon-solid' }],
  ];
  if (charging === true) shapes.push(['path', { d: 'M9.6 3 5.2 11h3.2l-.9 6 4.6-8.2H8.9z', class: 'icon-bolt' }]);
  return icon(shapes);
}

export function networkIcon({ network }: Conditions): SVGSVGElement {
  switch (network) {
    case 'wifi':
      return icon([line('M2.5 8a11 11 0 0 1 15 0M5 11a7.2 7.2 0 0 1 10 0M7.5 13.8a3.6 3.6 0 0 1 5 0'), ['circle', { cx: 10, cy: 16.4, r: 1.1, class: 'icon-solid' }]]);
    case 'cellular':
      return icon([3, 7, 11, 15].map((x, i): Shape => ['rect', { x, y: 13 - 3 * i, width: 2.6, height: 4 + 3 * i, rx: 0.7, class: 'icon-solid' }]));
    case 'ethernet':
      return icon([line('M10 9V5M4 15v-3h12v3M10 9v3M7 2h6v3H7zM2 15h4v3H2zM14 15h4v3h-4z')]);
    case 'offline':
      return icon([line('M3 3l14 14M17 3 3 17')]);
    case 'other':
      return icon([['circle', { cx: 10, cy: 10, r: 7, class: 'icon-line' }], line('M3 10h14M10 3c-5 4.5-5 9.5 0 14M10 3c5 4.5 5 9.5 0 14')]);
    case 'unknown':
      return icon(UNKNOWN);
  }
}
