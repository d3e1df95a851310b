import { describe, expect, it } from 'vitest';
import { createBrowserConditionsReader, mapBattery, mapConnection, mapVisibility } from '../../client/device/conditions-browser.ts';
import { Conditions, UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';

describe('the conditions of a page', () => {
  it('are what its APIs tell', async () => {
    const navigator = {
      level: 0.42,
      // Browsers refuse the call on anything but navigator.
      async getBattery(this: { level?: number }) {
        if (this.level === undefined) throw new TypeError('Illegal invocation');
        return { level: this.level, charging: false };
      },
      connection: { type: 'cellular', effectiveType: '4g', downlink: 8.5, saveData: true },
      onLine: true,
    };
    const conditions = await createBrowserConditionsReader({ navigator, document: { visibilityState: 'visible' } }).read();
    expect(Conditions.parse(conditions)).toEqual({ ...UNKNOWN_CONDITIONS, battery: 0.42, charging: false, network: 'cellular', metered: true, downlink: 8.5, visibility: 'visible', load: 'unknown' });
  });

  it('are unknown where the browser has none of them', async () => {
    expect(await createBrowserConditionsReader({}).read()).toEqual(UNKNOWN_CONDITIONS);
    expect(await createBrowserConditionsReader({ navigator: {}, document: {} }).read()).toEqual(UNKNOWN_CONDITIONS);
  });

  it('are unknown where a policy forbids the battery', async () => {
    const navigator = { getBattery: () => Promise.reject(new DOMException('denied', 'NotAllowedError')) };
    expect(await createBrowserConditionsReader({ navigator }).read()).toEqual(UNKNOWN_CONDITIONS);
  });
});

it.each([
  [{ level: 0, charging: true }, { battery: 0, charging: true }],
  [{ level: 1, charging: true }, { battery: 1, charging: true }],
  [{ level: 1.2, charging: false }, { battery: 'unknown', charging: false }],
  [{ level: Number.NaN, charging: false }, { battery: 'unknown', charging: false }],
  [null, { battery: 'unknown', charging: 'unknown' }],
])('maps the battery %j to %j', (fields, expected) => {
  expect(mapBattery(fields)).toEqual(expected);
});

it.each([
  [{ type: 'wifi', downlink: 10, saveData: false }, true, { network: 'wifi', metered: 'unknown', downlink: 10 }],
  [{ type: 'none', downlink: 0 }, true, { network: 'offline', metered: 'unknown', downlink: 0 }],
  [{ type: 'wimax' }, true, { network: 'other', metered: 'unknown', downlink: 'unknown' }],
  [{ type: 'constructor' }, true, { network: 'unknown', metered: 'unknown', downlink: 'unknown' }],
  [{ downlink: Number.POSITIVE_INFINITY, saveData: true }, true, { network: 'unknown', metered: true, downlink: 'unknown' }],
  [{ type: 'ethernet' }, false, { network: 'offline', metered: 'unknown', downlink: 'unknown' }],
  [undefined, undefined, { network: 'unknown', metered: 'unknown', downlink: 'unknown' }],
])('maps the connection %j, onLine %j, to %j', (fields, onLine, expected) => {
  expect(mapConnection(fields, onLine)).toEqual(expected);
});

it('maps visibility', () => {
  expect([mapVisibility('visible'), mapVisibility('hidden'), mapVisibility('prerender'), mapVisibility(undefined)]).toEqual(['visible', 'hidden', 'unknown', 'unknown']);
});
