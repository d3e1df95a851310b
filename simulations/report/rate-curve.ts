/** The picture of a range test: the loss against the rate that it was measured at, and which rate is recommended. */
import type { RateChoice, TriedRate } from '../../shared/algorithms/rate-test.ts';
import { element, escapeText } from './markup.ts';
import { amountAxis, logAxis } from './plots/axis.ts';
import { drop, line } from './plots/marks.ts';
import { drawPlot } from './plots/plot.ts';
import { STYLE } from './style.ts';

const WIDTH = 760;
const HEIGHT = 400;
const TOP = 66;
/** What ran away is drawn up to so many times the first loss: the rest of the curve must stay readable. */
const HIGHEST = 1.5;

/** An SVG document of its own, with the reports' colours, light and dark. */
export function drawRateCurve(title: string, tried: readonly TriedRate[], choice: RateChoice): string {
  const told = tried.flatMap(({ rate, loss }) => (loss === null ? [] : [{ rate, loss }]));
  const first = told.find(({ loss }) => Number.isFinite(loss))?.loss ?? 1;
  const top = HIGHEST * Math.max(first, ...told.filter(({ rate }) => choice.diverged === null || rate < choice.diverged).map(({ loss }) => loss).filter(Number.isFinite));
  const points = told.map(({ rate, loss }) => ({ x: Math.log10(rate), y: Math.min(loss, top) }));
  const rates = told.map(({ rate }) => rate);
  const size = { width: WIDTH - 40, height: HEIGHT - TOP - 14 };
  const recommended = choice.rate === null ? null : { x: Math.log10(choice.rate), y: heightAt(points, Math.log10(choice.rate)) };
  const plot = drawPlot(size, 'Training loss by learning rate', logAxis(rates.length === 0 ? [0.001, 1] : [Math.min(...rates), Math.max(...rates)], 'learning rate'), amountAxis(Math.max(0, ...points.map(({ y }) => y)), 'training loss'), [
    line(points, 'c1'),
    ...points.map((point) => dotAt(point)),
    ...(recommended === null ? [] : [drop(recommended, `${choice.rate}`, 'c2')]),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escapeText(title)}</title><style>${STYLE.trim()} svg{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}</style>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8" style="fill:var(--card);stroke:var(--line)"/>`,
    `<text x="20" y="28" class="note" style="font-size:16px">${escapeText(title)}</text>`,
    `<text x="20" y="48">${escapeText(`${choice.rate === null ? 'No rate is recommended' : `Recommended: ${choice.rate}`}; ${choice.reason}`)}</text>`,
    `<svg x="20" y="${TOP}" width="${size.width}" height="${size.height}">${plot}</svg>`, '</svg>', '',
  ].join('\n');
}

/** A small dot at each rate that was tried. */
const dotAt = (point: { readonly x: number; readonly y: number }) => ({ x, y }: { readonly x: (value: number) => number; readonly y: (value: number) => number }): string =>
  element('circle', { class: 'dot', cx: x(point.x), cy: y(point.y), r: 3, style: 'fill:var(--c1)' });

/** Where the line between two rates that were tried stands. */
function heightAt(points: readonly { readonly x: number; readonly y: number }[], x: number): number {
  const after = points.findIndex((point) => point.x >= x);
  if (after <= 0) return points[Math.max(0, after)]?.y ?? 0;
  const [left, right] = [points[after - 1], points[after]];
  return left.y + ((x - left.x) / (right.x - left.x)) * (right.y - left.y);
}
