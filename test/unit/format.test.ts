import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import { describeDevice, describeLine, describeNetwork, describePower, inOneLine } from '../../shared/task/describe-conditions.ts';
import { UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';

describe('numbers for people', () => {
  it.each([[0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [999_949, '999.9 kB'], [999_999, '1.0 MB'], [1_500_000_000, '1.5 GB'], [5e15, '5000.0 TB'], [null, '–']])('%s bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
  it.each([[0, '0 ms'], [999.4, '999 ms'], [999.6, '1.0 s'], [3_240, '3.2 s'], [9_960, '10 s'], [59_600, '1 min 00 s'], [125_000, '2 min 05 s'], [3_780_000, '1 h 03 min'], [187_200_000, '2 d 04 h'], [-5, '0 ms'], [null, '–']])('%s ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
  it('writes per cent, losses and counts', () => {
    expect(formatPercent(0.97123)).toBe('97.12 %');
    expect(formatPercent(0.5, 0)).toBe('50 %');
    expect(formatPercent(0)).toBe('0.00 %');
    expect(formatLoss(0.12345)).toBe('0.123');
    expect(formatLoss(0.00012)).toBe('1.2e-4');
    expect(formatLoss(0)).toBe('0.000');
    expect(formatLoss(Number.NaN)).toBe('–');
    expect(formatCount(1234567)).toBe('1\u202f234\u202f567');
    expect(formatCount(999)).toBe('999');
  });
});

describe('conditions in words', () => {
  const line = (fields: object): [string, string] => {
    const conditions = { ...UNKNOWN_CONDITIONS, ...fields };
    return [inOneLine(describePower(conditions)), inOneLine(describeNetwork(conditions))];
  };
  it('calls unknown what is unknown', () => {
    expect(line({})).toEqual(['unknown', 'unknown']);
    expect(line({ charging: true, metered: true })).toEqual(['unknown, charging', 'unknown, metered']);
    expect(line({ battery: 0.834, network: 'wifi' })).toEqual(['83 %, charging unknown', 'Wi-Fi, metering unknown']);
  });
  it('lists what is known of the line and the device, and nothing else', () => {
    expect([describeLine(UNKNOWN_CONDITIONS), describeDevice(UNKNOWN_CONDITIONS)]).toEqual(['', '']);
    expect(describeLine({ ...UNKNOWN_CONDITIONS, downlink: 8.512, roundTripMs: 74.6, effectiveType: '4g', saveData: true })).toBe('8.51 Mbit/s, 75 ms, like 4g, saves data');
    expect(describeLine({ ...UNKNOWN_CONDITIONS, saveData: false, downlink: 0 })).toBe('0 Mbit/s');
    expect(describeDevice({ ...UNKNOWN_CONDITIONS, idle: true, load: 0, freeMemoryMiB: 3000, utcOffsetMinutes: 120 })).toBe('idle, load 0 %, 3.1 GB free, UTC+2');
    expect([-210, 0, 345].map((utcOffsetMinutes) => describeDevice({ ...UNKNOWN_CONDITIONS, idle: false, utcOffsetMinutes }))).toEqual(['in use, UTC−3:30', 'in use, UTC', 'in use, UTC+5:45']);
  });
  it('says the rest plainly', () => {
    expect(line({ battery: 'none', charging: true, network: 'ethernet', metered: false })).toEqual(['mains, no battery', 'Ethernet, not metered']);
    expect(line({ battery: 0.1, charging: false, network: 'cellular', metered: true })).toEqual(['10 %, not charging', 'cellular, metered']);
    expect(line({ network: 'offline', metered: true })[1]).toBe('offline');
  });
});
