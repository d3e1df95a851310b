/**
 * Traces from CSV, a file a subject; docs/fleets.md shows each. Rows may stand in any order; what contradicts itself or
 * cannot be is refused with file, line and column.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { quoted, type DatasetProblems } from '../../client/datasets/problems.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { FleetSpec, TraceSettings } from './fleet-spec.ts';
import type { Line } from './network.ts';
import type { DeviceTrace, FleetTraces } from './trace.ts';
import { readRows, type TraceFile } from './trace-rows.ts';

export const TRACE_KINDS = ['devices', 'availability', 'battery', 'network'] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** Reads the files that a fleet's spec names, from `folder`. @throws bad_config: a file is not there; bad_dataset: what stands in it. */
export async function readTraces(spec: FleetSpec, folder: string): Promise<FleetTraces | undefined> {
  const { traces } = spec;
  if (traces === null) return undefined;
  const named = TRACE_KINDS.flatMap((kind) => (traces[kind] === undefined ? [] : [{ kind, name: traces[kind] }]));
  const read = await Promise.all(
    named.map(async ({ kind, name }): Promise<[TraceKind, TraceFile]> => {
      const content = await readFile(resolve(folder, name)).catch((cause: unknown) => {
        throw new MurmurError('bad_config', `the fleet is refused: traces.${kind}: ${name} cannot be read`, { cause, details: [{ path: `traces.${kind}`, message: `${name} cannot be read` }] });
      });
      return [kind, { name, content }];
    }),
  );
  return parseTraces(Object.fromEntries(read), spec.classes.map(({ name }) => name), traces);
}

interface Recorded {
  deviceClass: string | null;
  stepsPerSecond: number | null;
  memoryMiB: number | null;
  utcOffsetMinutes: number | null;
  readonly periods: { readonly start: number; readonly end: number; readonly line: number }[];
  readonly levels: { readonly at: number; readonly level: number; readonly charging: boolean; readonly line: number }[];
  readonly lines: { readonly at: number; readonly value: Line; readonly line: number }[];
}

/** @throws bad_dataset naming file, line and column of up to ten wrong values of the first file that has any. */
export function parseTraces(files: Partial<Record<TraceKind, TraceFile>>, classes: readonly string[], settings: Pick<TraceSettings, 'repeat' | 'periodSeconds'>): FleetTraces {
  const recorded = new Map<string, Recorded>();
  const of = (device: string): Recorded => {
    const known = recorded.get(device);
    if (known) return known;
    const fresh: Recorded = { deviceClass: null, stepsPerSecond: null, memoryMiB: null, utcOffsetMinutes: null, periods: [], levels: [], lines: [] };
    recorded.set(device, fresh);
    return fresh;
  };
  const limit = settings.periodSeconds === null ? Infinity : settings.periodSeconds;
  const time = { from: 0, to: limit, what: limit === Infinity ? 'seconds from 0' : `seconds from 0 to the period's ${limit}` };
  let last = 0;
  const ms = (seconds: number): number => {
    const at = Math.round(seconds * 1000);
    if (at > last) last = at;
    return at;
  };

  if (files.devices) {
    readRows(files.devices, { needed: ['device', 'class', 'steps_per_second'], optional: ['memory_mib', 'utc_offset_minutes'] }, (row) => {
      const device = of(row.text('device'));
      if (device.deviceClass !== null) row.problem('device', 'each device once');
      device.deviceClass = row.choice('class', classes);
      device.stepsPerSecond = row.number('steps_per_second', { from: Number.MIN_VALUE, to: Infinity, what: 'a number above 0' });
      if (row.has('memory_mib')) device.memoryMiB = row.number('memory_mib', { from: 0, to: Infinity, what: 'a number from 0' });
      if (row.has('utc_offset_minutes')) device.utcOffsetMinutes = Math.round(row.number('utc_offset_minutes', { from: -840, to: 840, what: 'minutes from -840 to 840' }));
    });
  }
  if (files.availability) {
    readRows(files.availability, { needed: ['device', 'start_s', 'end_s'] }, (row) => {
      const [start, end] = [ms(row.number('start_s', time)), ms(row.number('end_s', time))];
      if (row.sound && end <= start) row.problem('end_s', 'an end after the start');
      of(row.text('device')).periods.push({ start, end, line: row.line });
    }, (problems) => {
      for (const { periods } of recorded.values()) {
        periods.sort((a, b) => a.start - b.start);
        periods.forEach(({ start, line }, i) => {
          const before = periods.at(i - 1);
          if (i > 0 && before && start < before.end) problems.add({ line, column: 'start_s', found: quoted(String(start / 1000)), expected: `periods of a device that do not overlap; that of line ${before.line} ends at ${before.end / 1000}` });
        });
      }
    });
  }
  if (files.battery) {
    readRows(files.battery, { needed: ['device', 't_s', 'level', 'charging'] }, (row) => {
      const charging = row.choice('charging', ['true', 'false', '1', '0']);
      of(row.text('device')).levels.push({ at: ms(row.number('t_s', time)), level: row.number('level', { from: 0, to: 1, what: 'a level from 0 to 1' }), charging: charging === 'true' || charging === '1', line: row.line });
    }, (problems) => recorded.forEach(({ levels }) => inOrder(levels, problems)));
  }
  if (files.network) {
    readRows(files.network, { needed: ['device', 't_s', 'type', 'down_mbps', 'up_mbps', 'latency_ms', 'loss'] }, (row) => {
      const at = ms(row.number('t_s', time));
      const type = row.choice('type', ['ethernet', 'wifi', 'cellular', 'other', 'offline'] as const);
      const offline = type === 'offline';
      const number = (column: string, from: number, to: number, what: string): number => (offline ? 0 : row.number(column, { from, to, what }));
      const value: Line = {
        type, metered: type === 'cellular',
        downlink: number('down_mbps', Number.MIN_VALUE, Infinity, 'a number above 0'),
        uplink: number('up_mbps', Number.MIN_VALUE, Infinity, 'a number above 0'),
        latencyMs: number('latency_ms', 0, Infinity, 'a number from 0'),
        loss: number('loss', 0, 0.99, 'a fraction from 0 to 0.99'),
      };
      of(row.text('device')).lines.push({ at, value, line: row.line });
    }, (problems) => recorded.forEach(({ lines }) => inOrder(lines, problems)));
  }
  const period = settings.periodSeconds === null ? last : Math.round(settings.periodSeconds * 1000);
  return { devices: Array.from(recorded.values(), toTrace), periodMs: settings.repeat && period > 0 ? period : Infinity };
}

function toTrace({ periods, levels, lines, ...facts }: Recorded): DeviceTrace {
  const changes: number[] = [];
  for (const { start, end } of periods) {
    // Periods that touch are one.
    if (changes.at(-1) === start) changes.pop();
    else changes.push(start);
    changes.push(end);
  }
  const times = (rows: readonly { readonly at: number }[]): Float64Array => Float64Array.from(rows, ({ at }) => at);
  return {
    ...facts,
    availability: changes.length === 0 ? null : Float64Array.from(changes),
    battery: levels.length === 0 ? null : { times: times(levels), levels: Float64Array.from(levels, ({ level }) => level), charging: levels.map(({ charging }) => charging) },
    network: lines.length === 0 ? null : { times: times(lines), lines: withLastLine(lines.map(({ value }) => value)) },
  };
}

/** Offline, a device keeps the figures of its last line: what was under way when it went has to take some time. */
function withLastLine(lines: readonly Line[]): Line[] {
  let last = lines.find(({ type }) => type !== 'offline') ?? { downlink: 1, uplink: 1, latencyMs: 100, loss: 0 };
  return lines.map((line) => {
    if (line.type !== 'offline') return (last = line);
    return { ...last, type: 'offline', metered: false };
  });
}

function inOrder(rows: { readonly at: number; readonly line: number }[], problems: DatasetProblems): void {
  rows.sort((a, b) => a.at - b.at);
  rows.forEach(({ at, line }, i) => {
    if (i > 0 && at === rows[i - 1].at) problems.add({ line, column: 't_s', found: quoted(String(at / 1000)), expected: `one row of a device at a time; line ${rows[i - 1].line} has the same` });
  });
}
