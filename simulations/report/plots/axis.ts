/** What an axis shows: its span, its marks, how they are written and what it is called. */
import { formatBytes } from '../../../shared/format.ts';
import { niceDomain, niceTicks, type Domain } from './scale.ts';

export interface Axis {
  readonly domain: Domain;
  readonly ticks: readonly number[];
  readonly format: (tick: number) => string;
  readonly label: string;
}

const X_TICKS = 6;
const Y_TICKS = 5;
const UNITS = [
  { seconds: 1, name: 's', upTo: 180 },
  { seconds: 60, name: 'min', upTo: 3 * 3600 },
  { seconds: 3600, name: 'h', upTo: 3 * 86_400 },
  { seconds: 86_400, name: 'd', upTo: Infinity },
];

/** A little beyond the last value, so that what lies there is drawn whole. */
const WIDER = 1.01;
const HIGHER = 1.03;

/** As many digits as the steps between the marks need. */
function plain(ticks: readonly number[]): (tick: number) => string {
  const digits = Math.max(0, ...ticks.map((tick) => (tick.toString().includes('e') ? 6 : (tick.toString().split('.')[1] ?? '').length)));
  return (tick) => tick.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d|\d*\.))/g, digits === 0 ? '\u202f' : '');
}

/**
 * Rounds: whole numbers, from the first to the last.
 * @param reach up to where something is drawn: the last round's bar ends behind its number
 */
export function roundAxis(last: number, label = 'round', reach = last): Axis {
  const domain: Domain = [0, Math.max(1, last)];
  const ticks = niceTicks(domain, X_TICKS).filter(Number.isInteger);
  return { domain: [0, Math.max(WIDER * domain[1], reach)], ticks, format: plain(ticks), label };
}

/** Virtual seconds, in the unit that suits the span. */
export function timeAxis(lastSeconds: number): Axis {
  const unit = UNITS.find(({ upTo }) => lastSeconds <= upTo) ?? UNITS[0];
  const ticks = niceTicks([0, lastSeconds / unit.seconds], X_TICKS);
  const format = plain(ticks);
  return { domain: [0, WIDER * Math.max(lastSeconds, 1e-3)], ticks: ticks.map((tick) => tick * unit.seconds), format: (tick) => format(Number((tick / unit.seconds).toPrecision(12))), label: `virtual time, ${unit.name}` };
}

/** Any amount from 0. */
export function amountAxis(most: number, label: string): Axis {
  const domain = niceDomain([0, most > 0 ? most : 1], Y_TICKS);
  const ticks = niceTicks(domain, Y_TICKS);
  return { domain: [0, Math.max(domain[1], HIGHER * most)], ticks, format: plain(ticks), label };
}

/** Whole things from 0. */
export function countAxis(most: number, label: string): Axis {
  return wholeTicks(amountAxis(most, label));
}

function wholeTicks(axis: Axis): Axis {
  const ticks = axis.ticks.filter(Number.isInteger);
  return { ...axis, ticks, format: plain(ticks) };
}

/** Powers of ten: the plot's values are the logarithms (base 10) of what is shown. @param least above 0 */
export function logAxis([least, most]: Domain, label: string): Axis {
  const domain: Domain = [Math.floor(Math.log10(least)), Math.max(Math.floor(Math.log10(least)) + 1, Math.ceil(Math.log10(most)))];
  const all = Array.from({ length: domain[1] - domain[0] + 1 }, (_, i) => domain[0] + i);
  const step = Math.ceil(all.length / (2 * Y_TICKS));
  return { domain, ticks: all.filter((_, i) => i % step === 0), format: (tick) => (Math.abs(tick) <= 3 ? String(Number((10 ** tick).toPrecision(3))) : `1e${tick}`), label };
}

export function bytesAxis(most: number, label: string): Axis {
  return { ...countAxis(most, label), format: (tick) => formatBytes(tick).replace('.0 ', ' ') };
}

export function percentAxis([least, most]: Domain, label: string): Axis {
  const ticks = niceTicks([least, most], Y_TICKS);
  const format = plain(ticks.map((tick) => Number((100 * tick).toPrecision(10))));
  return { domain: [least, most], ticks, format: (tick) => `${format(100 * tick)} %`, label };
}
