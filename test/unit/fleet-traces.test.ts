import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFleet } from '../../simulations/fleet/create-fleet.ts';
import { parseFleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import type { FleetTraces } from '../../simulations/fleet/trace.ts';
import { parseTraces, readTraces, type TraceKind } from '../../simulations/fleet/trace-files.ts';
import { thrownBy } from '../helpers/thrown.ts';

const SECOND = 1000;
const once = { repeat: false, periodSeconds: null };

function parse(files: Partial<Record<TraceKind, string>>, settings: { repeat: boolean; periodSeconds: number | null } = once): FleetTraces {
  return parseTraces(Object.fromEntries(Object.entries(files).map(([kind, content]) => [kind, { name: `${kind}.csv`, content }])), ['fast', 'slow'], settings);
}

describe('a trace', () => {
  const spec = parseFleetSpec({ classes: [{ preset: 'uniform', name: 'fast', share: 0 }, { preset: 'phone-low', name: 'slow' }] });
  const AVAILABILITY = 'device,start_s,end_s\na,50,60\na,10,20\na,20,30\nb,0,5\n';

  it('of availability is when a device is there, periods that touch being one', () => {
    const [a, b] = createFleet(spec, { size: 2, seed: 1, traces: parse({ availability: AVAILABILITY, battery: 'device,t_s,level,charging\na,0,1,true\nb,0,1,true\n' }) });
    expect([a.isAvailable(0), a.nextChange(0)]).toEqual([false, 10 * SECOND]);
    expect([a.isAvailable(10 * SECOND), a.nextChange(10 * SECOND)]).toEqual([true, 30 * SECOND]);
    expect([a.isAvailable(30 * SECOND - 1), a.isAvailable(30 * SECOND), a.nextChange(30 * SECOND)]).toEqual([true, false, 50 * SECOND]);
    expect([a.isAvailable(60 * SECOND), a.isAvailable(1e9)]).toEqual([false, false]);
    expect([b.isAvailable(0), b.nextChange(0), b.isAvailable(5 * SECOND)]).toEqual([true, 5 * SECOND, false]);
  });

  it('begins again after the last time of its files, or after the period given', () => {
    const battery = 'device,t_s,level,charging\na,0,1,true\nb,0,1,true\n';
    const [, b] = createFleet(spec, { size: 2, seed: 1, traces: parse({ availability: AVAILABILITY, battery }, { repeat: true, periodSeconds: null }) });
    expect([b.nextChange(5 * SECOND), b.isAvailable(60 * SECOND), b.nextChange(60 * SECOND), b.isAvailable(65 * SECOND)]).toEqual([60 * SECOND, true, 65 * SECOND, false]);
    const [a] = createFleet(spec, { size: 1, seed: 1, traces: parse({ availability: AVAILABILITY, battery }, { repeat: true, periodSeconds: 100 }) });
    expect([a.nextChange(60 * SECOND), a.isAvailable(1015 * SECOND), a.isAvailable(1045 * SECOND)]).toEqual([110 * SECOND, true, false]);
  });

  it('that ends and begins with the device there does not tear it apart', () => {
    const traces = parse({ availability: 'device,start_s,end_s\na,0,10\na,90,100\n', battery: 'device,t_s,level,charging\na,0,1,true\n' }, { repeat: true, periodSeconds: null });
    const [a] = createFleet(spec, { size: 1, seed: 1, traces });
    expect([a.nextChange(10 * SECOND), a.nextChange(90 * SECOND)]).toEqual([90 * SECOND, 110 * SECOND]);
  });

  it('of a battery is its level and charging, whatever the device spends; at 0 it is not there', () => {
    const traces = parse({ availability: 'device,start_s,end_s\na,0,1000\n', battery: 'device,t_s,level,charging\na,200,0,1\na,100,0.25,false\na,300,0.5,true\n' });
    const [a] = createFleet(spec, { size: 1, seed: 1, traces });
    // Before the first row its values hold, too.
    expect(a.conditions(0)).toMatchObject({ battery: 0.25, charging: false });
    a.spend(0, { trainingMs: 1e9, bytesUp: 1e9, bytesDown: 1e9 });
    expect([a.isAvailable(0), a.nextChange(0)]).toEqual([true, 200 * SECOND]);
    expect([a.isAvailable(200 * SECOND), a.nextChange(200 * SECOND)]).toEqual([false, 300 * SECOND]);
    expect(a.conditions(300 * SECOND)).toMatchObject({ battery: 0.5, charging: true });
  });

  it('of a network is its line; offline it is not there, and what was under way takes as long as on the last line', () => {
    const network = 'device,t_s,type,down_mbps,up_mbps,latency_ms,loss\na,0,cellular,20,5,40,0.01\na,10,offline,,,,\na,30,wifi,80,30,10,0\n';
    const traces = parse({ availability: 'device,start_s,end_s\na,0,1000\n', battery: 'device,t_s,level,charging\na,0,1,true\n', network });
    const [a] = createFleet(spec, { size: 1, seed: 1, traces });
    expect(a.conditions(0)).toMatchObject({ network: 'cellular', metered: true, downlink: 20, roundTripMs: 80, effectiveType: '4g' });
    expect(a.link(0)).toEqual({ latencyMs: 40, uplink: 5, downlink: 20, loss: 0.01 });
    expect([a.nextChange(0), a.isAvailable(10 * SECOND), a.nextChange(10 * SECOND)]).toEqual([10 * SECOND, false, 30 * SECOND]);
    expect(a.conditions(10 * SECOND)).toMatchObject({ network: 'offline', metered: false, downlink: 0, roundTripMs: 'unknown', effectiveType: 'unknown' });
    expect(a.link(10 * SECOND)).toEqual({ latencyMs: 40, uplink: 5, downlink: 20, loss: 0.01 });
    expect([a.isAvailable(30 * SECOND), a.conditions(30 * SECOND).network]).toEqual([true, 'wifi']);
  });

  it('of devices is their class, speed, memory and clock', () => {
    const devices = 'class,device,steps_per_second,memory_mib,utc_offset_minutes\nslow,a,12.5,300,-300\nfast,b,2e3,,\n';
    const [a, b] = createFleet(spec, { size: 2, seed: 1, traces: parse({ devices }) });
    expect([a.deviceClass, a.capabilities.stepsPerSecond, a.conditions(0).utcOffsetMinutes]).toEqual(['slow', 12.5, -300]);
    expect(Number(a.conditions(0).freeMemoryMiB)).toBeCloseTo(300 * (1 - Number(a.conditions(0).load)), 9);
    expect([b.deviceClass, b.capabilities.stepsPerSecond, b.conditions(0).freeMemoryMiB, b.conditions(0).utcOffsetMinutes]).toEqual(['fast', 2000, 4096, 0]);
  });

  it('is taken again by further devices, or leaves them to the generator', () => {
    const devices = 'device,class,steps_per_second\na,slow,1\nb,slow,2\n';
    const speeds = (reuse: boolean): unknown[] =>
      createFleet(parseFleetSpec({ classes: spec.classes, traces: { devices: 'x', reuse } }), { size: 5, seed: 1, traces: parse({ devices }) }).map(({ capabilities }) => capabilities.stepsPerSecond);
    expect(speeds(true)).toEqual([1, 2, 1, 2, 1]);
    expect(speeds(false).slice(0, 2)).toEqual([1, 2]);
    expect(speeds(false).slice(2)).toEqual(createFleet(spec, { size: 5, seed: 1 }).slice(2).map(({ capabilities }) => capabilities.stepsPerSecond));
  });

  it.each<[Partial<Record<TraceKind, string>>, string]>([
    [{ availability: 'device,start_s\na,1\n' }, 'availability.csv, line 1, column "end_s": found the columns "device", "start_s", expected a column of this name'],
    [{ availability: 'device,start_s,end_s\na,1,2\na,3\n' }, 'availability.csv, line 3: found 2 values, expected 3'],
    [{ availability: 'device,start_s,end_s\na,0,1\na,x,2\n' }, 'availability.csv, line 3, column "start_s": found "x", expected seconds from 0'],
    [{ availability: 'device,start_s,end_s\na,0,1\na,-1,2\n' }, 'availability.csv, line 3, column "start_s": found "-1", expected seconds from 0'],
    [{ availability: 'device,start_s,end_s\na,5,5\n' }, 'availability.csv, line 2, column "end_s": found "5", expected an end after the start'],
    [{ availability: 'device,start_s,end_s\n,5,6\n' }, 'availability.csv, line 2, column "device": found nothing, expected the device\'s name'],
    [{ availability: 'device,start_s,end_s\na,50,60\nb,0,1\na,55,70\n' }, 'availability.csv, line 4, column "start_s": found "55", expected periods of a device that do not overlap; that of line 2 ends at 60'],
    [{ battery: 'device,t_s,level,charging\na,0,1.5,true\n' }, 'battery.csv, line 2, column "level": found "1.5", expected a level from 0 to 1'],
    [{ battery: 'device,t_s,level,charging\na,0,1,yes\n' }, 'battery.csv, line 2, column "charging": found "yes", expected one of "true", "false"'],
    [{ battery: 'device,t_s,level,charging\na,7,1,true\nb,7,1,true\na,7,0,true\n' }, 'battery.csv, line 4, column "t_s": found "7", expected one row of a device at a time; line 2 has the same'],
    [{ network: 'device,t_s,type,down_mbps,up_mbps,latency_ms,loss\na,0,4g,1,1,1,0\n' }, 'network.csv, line 2, column "type": found "4g", expected one of "ethernet"'],
    [{ network: 'device,t_s,type,down_mbps,up_mbps,latency_ms,loss\na,0,wifi,0,1,1,0\n' }, 'network.csv, line 2, column "down_mbps": found "0", expected a number above 0'],
    [{ network: 'device,t_s,type,down_mbps,up_mbps,latency_ms,loss\na,0,wifi,1,1,1,1\n' }, 'network.csv, line 2, column "loss": found "1", expected a fraction from 0 to 0.99'],
    [{ devices: 'device,class,steps_per_second\na,medium,5\n' }, 'devices.csv, line 2, column "class": found "medium", expected one of "fast", "slow"'],
    [{ devices: 'device,class,steps_per_second\na,slow,5\na,slow,6\n' }, 'devices.csv, line 3, column "device": found "a", expected each device once'],
    [{ devices: 'device,class,steps_per_second\na,"slow,5\n' }, 'devices.csv, line 2: found a quote in this record that is never closed'],
  ])('is refused: %j', async (files, message) => {
    const error = await thrownBy(() => parse(files));
    expect(error.code).toBe('bad_dataset');
    expect(error.message).toContain(message);
  });

  it('is refused beyond the period, and with every wrong value of a file', async () => {
    const beyond = await thrownBy(() => parse({ availability: 'device,start_s,end_s\na,50,61\n' }, { repeat: true, periodSeconds: 60 }));
    expect(beyond.message).toContain('line 2, column "end_s": found "61", expected seconds from 0 to the period\'s 60');
    const many = await thrownBy(() => parse({ battery: 'device,t_s,level,charging\na,x,2,true\n,1,1,true\n' }));
    expect((many.details as { problems: { line: number; column: string }[] }).problems.map(({ line, column }) => [line, column])).toEqual([[2, 't_s'], [2, 'level'], [3, 'device']]);
  });
});

describe("a spec's trace files", () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-traces-'));
    await writeFile(join(folder, 'there.csv'), 'device,start_s,end_s\na,1,2\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are read from its folder', async () => {
    const traces = await readTraces(parseFleetSpec({ traces: { availability: 'there.csv' } }), folder);
    expect(traces?.devices.map(({ availability }) => [...(availability ?? [])])).toEqual([[1000, 2000]]);
    expect(traces?.periodMs).toBe(2000);
    expect(await readTraces(parseFleetSpec({}), folder)).toBeUndefined();
  });

  it('of the documentation are sound', async () => {
    const files = { devices: 'devices.csv', availability: 'availability.csv', battery: 'battery.csv', network: 'network.csv', periodSeconds: 86_400 };
    const spec = parseFleetSpec({ preset: 'mixed', traces: files });
    const traces = await readTraces(spec, join(import.meta.dirname, '../../docs/fleet-traces'));
    const [anna, ben, cleo] = createFleet(spec, { size: 3, seed: 1, traces });
    expect([anna, ben, cleo].map(({ deviceClass, capabilities }) => [deviceClass, capabilities.stepsPerSecond])).toEqual([['phone-mid', 140], ['phone-low', 45], ['laptop', 620]]);
    expect([anna.isAvailable(0), anna.nextChange(0), anna.nextChange(21_600_000), anna.nextChange(79_200_000)]).toEqual([true, 21_600_000, 79_200_000, 86_400_000 + 21_600_000]);
  });

  it('are named by their path when they are not there', async () => {
    const error = await thrownBy(() => readTraces(parseFleetSpec({ traces: { battery: 'none.csv' } }), folder));
    expect([error.code, error.details]).toEqual(['bad_config', [{ path: 'traces.battery', message: 'none.csv cannot be read' }]]);
  });
});
