/** Numbers for people: the page, the join page and the terminal write them alike. Absent values are an en dash. */

const NOTHING = '–';

/** Groups digits by thin spaces, so that no reader takes a separator for a decimal point. */
export function formatCount(value: number | null): string {
  if (value === null) return NOTHING;
  return Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** Decimal units: 1 kB = 1000 bytes. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return NOTHING;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // 999.95 would be written 1000.0, hence the half step below 1000.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A fraction as per cent; 0.9712 → `97.12 %`. */
export function formatPercent(fraction: number | null, digits = 2): string {
  return fraction === null ? NOTHING : `${(100 * fraction).toFixed(digits)} %`;
}

export function formatLoss(loss: number | null): string {
  if (loss === null || !Number.isFinite(loss)) return NOTHING;
  return loss !== 0 && Math.abs(loss) < 0.001 ? loss.toExponential(1) : loss.toFixed(3);
}

/** Two units at most: `850 ms`, `3.2 s`, `2 min 05 s`, `1 h 03 min`, `2 d 04 h`. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return NOTHING;
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const pad = (value: number): string => value.toString().padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} d ${pad(Math.floor(minutes / 60) % 24)} h`;
}

/** As `0.0123`, `4.56`: three digits that count. */
export function formatDistance(distance: number | null): string {
  if (distance === null) return NOTHING;
  if (distance === 0) return '0';
  return distance < 0.001 ? distance.toExponential(1) : distance.toPrecision(3);
}

/** Any number, to five digits that count; very large and very small ones with a power of ten. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(4) : String(Number(value.toPrecision(5)));
}
