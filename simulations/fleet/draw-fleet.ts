/** A picture of a fleet to look at: when it is there, how fast it computes, how fast it sends. One SVG that needs nothing around it. */
import type { SimulatedDevice } from './device.ts';
import { HOUR_MS } from './rhythm.ts';

export interface FleetPicture {
  /** From virtual time 0. 48 unless said otherwise. */
  readonly hours?: number;
  readonly title?: string;
  /** The hour of the day, UTC, at virtual time 0, for the axis. */
  readonly startHourUtc?: number;
}

const WIDTH = 840;
const PADDING = 20;
const LEFT = 64;
const RIGHT = WIDTH - 2 * PADDING;
const SAMPLES_AN_HOUR = 4;
/** The bandwidth of a line changes with where a device is: looked at so often. */
const HOURS_A_LINE = 6;

const LINES = [
  { name: 'available', of: (device: SimulatedDevice, at: number) => device.isAvailable(at) },
  { name: 'plugged in', of: (device: SimulatedDevice, at: number) => device.conditions(at).charging === true },
  { name: 'on an unmetered line', of: (device: SimulatedDevice, at: number) => device.conditions(at).metered === false },
] as const;

/**
 * Asks each device about the first hours of its life: draw a fleet that nothing else asks, since devices' time only goes forward.
 * @returns the SVG's text, with colours for light and dark pages.
 */
export function drawFleet(devices: readonly SimulatedDevice[], { hours = 48, title = 'A fleet', startHourUtc = 0 }: FleetPicture = {}): string {
  const speed = (device: SimulatedDevice): number => device.capabilities.stepsPerSecond ?? 0;
  // From the slowest to the fastest, by the first of each that comes up in that order.
  const classes = [...new Set([...devices].sort((a, b) => speed(a) - speed(b)).map(({ deviceClass }) => deviceClass))];
  const classOf = new Map(classes.map((name, i) => [name, i]));
  const shares = LINES.map(() => [] as number[]);
  const lines: { readonly group: number; readonly downlink: number; readonly uplink: number }[] = [];
  for (let sample = 0; sample <= hours * SAMPLES_AN_HOUR; sample++) {
    const at = (sample * HOUR_MS) / SAMPLES_AN_HOUR;
    LINES.forEach(({ of }, i) => shares[i].push(devices.filter((device) => of(device, at)).length / Math.max(1, devices.length)));
    if (sample % (HOURS_A_LINE * SAMPLES_AN_HOUR) !== 0) continue;
    for (const device of devices) lines.push({ group: classOf.get(device.deviceClass) ?? 0, ...device.link(at) });
  }
  const speeds = devices.map((device) => ({ group: classOf.get(device.deviceClass) ?? 0, value: speed(device) }));
  const parts = [
    text(PADDING, 32, title, 'class="title"'),
    text(PADDING, 52, `${devices.length.toLocaleString('en-GB')} devices`, 'class="muted"'),
    legend(80, LINES.map(({ name }) => name), 'line'),
    dayPlot(92, shares, hours, startHourUtc),
    legend(338, classes, 'group'),
    histogram(374, 'Training steps a second on the reference model', speeds, classes.length),
    histogram(534, 'Downlink, Mbit/s', lines.map(({ group, downlink }) => ({ group, value: downlink })), classes.length),
    histogram(694, 'Uplink, Mbit/s', lines.map(({ group, uplink }) => ({ group, value: uplink })), classes.length),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="850" viewBox="0 0 ${WIDTH} 850" role="img">`,
    `<title>${escape(title)}</title>`, `<style>${STYLE}</style>`, `<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="849" rx="8"/>`, ...parts, '</svg>', '',
  ].join('\n');
}

/** Okabe and Ito's colours, told apart by colour-blind people, too; lighter where the page is dark. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#56b4e9', '#7f7f7f'];
const ON_DARK = ['#4aa8e0', '#f58f4a', '#35c99a', '#e3a0c5', '#e3c04a', '#8fd0f5', '#b0b0b0'];
const colored = (colors: readonly string[]): string => colors.map((color, i) => `.line${i}{stroke:${color}}.group${i}{fill:${color}}`).join('');
const theme = (page: string, ink: string, muted: string, grid: string, colors: readonly string[]): string =>
  `.page{fill:${page};stroke:${grid}}text{fill:${ink}}.muted,.tick{fill:${muted}}.grid{stroke:${grid}}.axis{stroke:${muted}}${colored(colors)}`;
const STYLE = [
  `text{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif}.title{font-size:16px;font-weight:600}.tick{font-size:11px}.middle{text-anchor:middle}.end{text-anchor:end}path{fill:none;stroke-width:2}`,
  theme('#ffffff', '#1f2328', '#59636e', '#d1d9e0', COLORS),
  `@media (prefers-color-scheme:dark){${theme('#0d1117', '#e6edf3', '#9198a1', '#30363d', ON_DARK)}}`,
].join('');

const escape = (value: string): string => value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const text = (x: number, y: number, value: string, attributes = ''): string => `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(value)}</text>`;
const round = (value: number): number => Math.round(value * 100) / 100;
const line = (x1: number, y1: number, x2: number, y2: number, name: string): string => `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${name}"/>`;

function legend(y: number, names: readonly string[], kind: 'line' | 'group'): string {
  let x = LEFT;
  return names.map((name, i) => {
    const color = i % COLORS.length;
    const mark = kind === 'line' ? `<line x1="${x}" y1="${y - 4}" x2="${x + 16}" y2="${y - 4}" stroke-width="3" class="line${color}"/>` : `<rect x="${x + 3}" y="${y - 10}" width="11" height="11" class="group${color}"/>`;
    const label = text(x + 22, y, name);
    // No font can be measured here: a generous width for each letter.
    x += 44 + 6.6 * name.length;
    return mark + label;
  }).join('\n');
}

/** Shares from 0 to 1 over the hours. */
function dayPlot(top: number, shares: readonly (readonly number[])[], hours: number, startHourUtc: number): string {
  const bottom = top + 210;
  const x = (hour: number): number => LEFT + ((RIGHT - LEFT) * hour) / hours;
  const y = (share: number): number => bottom - (bottom - top - 12) * share;
  const every = hours > 96 ? 24 : hours > 24 ? 6 : 2;
  const parts: string[] = [];
  for (let tenth = 0; tenth <= 10; tenth += 2) parts.push(line(LEFT, y(tenth / 10), RIGHT, y(tenth / 10), tenth === 0 ? 'axis' : 'grid'), text(LEFT - 8, y(tenth / 10) + 4, `${10 * tenth} %`, 'class="tick end"'));
  for (let hour = 0; hour <= hours; hour += every) {
    const clock = (startHourUtc + hour) % 24;
    parts.push(line(x(hour), bottom, x(hour), bottom + 4, 'axis'), text(x(hour), bottom + 18, `${Math.floor(clock)}:${String(Math.round((clock % 1) * 60)).padStart(2, '0')}`, 'class="tick middle"'));
  }
  parts.push(text(RIGHT, bottom + 18 - 230, 'share of the fleet, by the hour in UTC', 'class="muted end"'));
  shares.forEach((values, i) => {
    const points = values.map((share, sample) => `${round(x(sample / SAMPLES_AN_HOUR))} ${round(y(share))}`);
    parts.push(`<path d="M${points.join('L')}" class="line${i}"/>`);
  });
  return parts.join('\n');
}

const BINS = 48;

/** Classes stacked, on a logarithmic axis of whole decades. */
function histogram(top: number, title: string, values: readonly { readonly group: number; readonly value: number }[], groups: number): string {
  const logs = values.filter(({ value }) => value > 0).map(({ group, value }) => ({ group, log: Math.log10(value) }));
  // A little wider than the values: a fleet of equals stands in the middle.
  const low = Math.floor(logs.reduce((least, { log }) => Math.min(least, log), Infinity) - 0.02);
  const high = Math.ceil(logs.reduce((most, { log }) => Math.max(most, log), -Infinity) + 0.02);
  const bottom = top + 116;
  const parts = [text(LEFT, top, title), line(LEFT, bottom, RIGHT, bottom, 'axis')];
  if (logs.length === 0) return parts.join('\n');
  const counts = Array.from({ length: groups }, () => new Array<number>(BINS).fill(0));
  for (const { group, log } of logs) counts[group][Math.min(BINS - 1, Math.floor((BINS * (log - low)) / (high - low)))]++;
  const most = Math.max(...counts[0].map((_, bin) => counts.reduce((sum, of) => sum + of[bin], 0)));
  const width = (RIGHT - LEFT) / BINS;
  for (let bin = 0; bin < BINS; bin++) {
    let y = bottom;
    counts.forEach((of, group) => {
      const height = (96 * of[bin]) / most;
      y -= height;
      if (height > 0) parts.push(`<rect x="${round(LEFT + bin * width + 0.5)}" y="${round(y)}" width="${round(width - 1)}" height="${round(height)}" class="group${group % COLORS.length}"/>`);
    });
  }
  for (let decade = low; decade <= high; decade++) {
    const x = LEFT + ((RIGHT - LEFT) * (decade - low)) / (high - low);
    parts.push(line(x, bottom, x, bottom + 4, 'axis'), text(x, bottom + 18, String(Number((10 ** decade).toPrecision(1))), 'class="tick middle"'));
  }
  parts.push(text(LEFT - 8, bottom - 92, `${Math.round((1000 * most) / logs.length) / 10} %`, 'class="tick end"'));
  return parts.join('\n');
}
