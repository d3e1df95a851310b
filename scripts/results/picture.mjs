/** A picture of results for a page: a card with a title, a legend and one or two plots, in the reader's colours. */
const STROKE = 16;

/**
 * @param {{
 *   title: string,
 *   width: number,
 *   height: number,
 *   style: string the report's, with its colours
 *   legend: readonly { label: string, color: string }[],
 *   plots: readonly ((size: { width: number, height: number }) => string)[] side by side; what each draws, or ''
 * }} options
 * @returns {string} SVG
 */
export function resultsPicture({ title, width, height, style, legend, plots }) {
  const { entries, bottom } = drawLegend(legend, width);
  const top = bottom + 18;
  const size = { width: (width - 20) / plots.length - 20, height: height - top - 14 };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${title}</title><style>${style.trim()} svg{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" style="fill:var(--card);stroke:var(--line)"/>`,
    `<text x="20" y="32" class="note" style="font-size:16px">${title}</text>`,
    ...entries,
    ...plots.map((plot, i) => `<svg x="${20 + i * (20 + size.width)}" y="${top}" width="${size.width}" height="${size.height}">${plot(size)}</svg>`),
    '</svg>', '',
  ].join('\n');
}

/** In as many rows as it needs. */
function drawLegend(legend, width) {
  let [x, y] = [20, 56];
  const entries = legend.map(({ label, color }) => {
    const step = STROKE + 30 + 6.4 * label.length;
    if (x + step > width) [x, y] = [20, y + 20];
    const entry = `<path d="M${x} ${y}h${STROKE}" style="stroke:var(--${color});stroke-width:3"/><text x="${x + STROKE + 6}" y="${y + 4}">${label}</text>`;
    x += step;
    return entry;
  });
  return { entries, bottom: y };
}
