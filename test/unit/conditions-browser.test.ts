import { describe, expect, it } from 'vitest';
import { createBrowserConditionsReader, mapBattery, mapConnection, mapIdle, mapVisibility, type BrowserSurroundings } from '../../client/device/conditions-browser.ts';
import { utcOffsetMinutes } from '../../client/device/utc-offset.ts';
import { Conditions, UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';

/** What every page can tell. */
const BARE: Conditions = { ...UNKNOWN_CONDITIONS, utcOffsetMinutes: utcOffsetMinutes(new Date()) };

describe('the conditions of a page', () => {
  it('are what its APIs tell', async () => {
    const navigator = {
      level: 0.42,
      // Browsers refuse the call on anything but navigator.
      async getBattery(this: { level?: number }) {
        if (this.level === undefined) throw new TypeError('Illegal invocation');
        return { level: this.level, charging: false };
      },
      connection: { type: 'cellular', effectiveType: '4g', downlink: 8.5, rtt: 75, saveData: true },
      onLine: true,
    };
    const conditions = await createBrowserConditionsReader({ navigator, document: { visibilityState: 'visible' } }).read();
    expect(Conditions.parse(conditions)).toEqual({
      ...BARE, battery: 0.42, charging: false, network: 'cellular', metered: true, downlink: 8.5, roundTripMs: 75, effectiveType: '4g', saveData: true, visibility: 'visible',
    });
  });

  it('are unknown where the browser has none of them', async () => {
    expect(await createBrowserConditionsReader({}).read()).toEqual(BARE);
    expect(await createBrowserConditionsReader({ navigator: {}, document: {} }).read()).toEqual(BARE);
  });

  it('are unknown where a policy forbids the battery', async () => {
    const navigator = { getBattery: () => Promise.reject(new DOMException('denied', 'NotAllowedError')) };
    expect(await createBrowserConditionsReader({ navigator }).read()).toEqual(BARE);
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

const NOTHING_SAID = { network: 'unknown', metered: 'unknown', downlink: 'unknown', roundTripMs: 'unknown', effectiveType: 'unknown', saveData: 'unknown' };

it.each([
  [{ type: 'wifi', downlink: 10, rtt: 50, effectiveType: '3g', saveData: false }, true, { network: 'wifi', downlink: 10, roundTripMs: 50, effectiveType: '3g', saveData: false }],
  [{ type: 'none', downlink: 0 }, true, { network: 'offline', downlink: 0 }],
  [{ type: 'wimax' }, true, { network: 'other' }],
  [{ type: 'constructor', effectiveType: 'constructor' }, true, {}],
  [{ downlink: Number.POSITIVE_INFINITY, saveData: true }, true, { metered: true, saveData: true }],
  [{ rtt: 0 }, true, {}],
  [{ rtt: Number.NaN, effectiveType: '5g' }, true, {}],
  [{ type: 'ethernet' }, false, { network: 'offline' }],
  [undefined, undefined, {}],
])('maps the connection %j, onLine %j, to %j', (fields, onLine, expected) => {
  expect(mapConnection(fields, onLine)).toEqual({ ...NOTHING_SAID, ...expected });
});

it('maps visibility', () => {
  expect([mapVisibility('visible'), mapVisibility('hidden'), mapVisibility('prerender'), mapVisibility(undefined)]).toEqual(['visible', 'hidden', 'unknown', 'unknown']);
});

describe('whether somebody uses the device', () => {
  const surroundings = (state: string, userState: string, screenState = 'unlocked') => {
    const seen: { threshold: number; signal: AbortSignal }[] = [];
    class IdleDetector {
      readonly userState = userState;
      readonly screenState = screenState;
      async start(options: { threshold: number; signal: AbortSignal }): Promise<void> {
        seen.push(options);
      }
    }
    const asked: string[] = [];
    const page: BrowserSurroundings = {
      IdleDetector,
      navigator: {
        permissions: {
          query: async ({ name }) => {
            asked.push(name);
            return { state };
          },
        },
      },
    };
    return { page, seen, asked };
  };

  it.each([['active', 'unlocked', false], ['idle', 'unlocked', true], ['active', 'locked', true]])('is read where the permission was given: %s, %s', async (userState, screenState, idle) => {
    const { page, seen, asked } = surroundings('granted', userState, screenState);
    expect((await createBrowserConditionsReader(page).read()).idle).toBe(idle);
    expect(asked).toEqual(['idle-detection']);
    // Nothing watches on.
    expect(seen.map(({ threshold, signal }) => [threshold, signal.aborted])).toEqual([[60_000, true]]);
  });

  it.each(['prompt', 'denied'])('is unknown where the permission is %s: nobody is asked', async (state) => {
    const { page, seen } = surroundings(state, 'idle');
    expect((await createBrowserConditionsReader(page).read()).idle).toBe('unknown');
    expect(seen).toEqual([]);
  });

  it('is unknown where the browser knows no such permission', async () => {
    const { page } = surroundings('granted', 'idle');
    const throwing = { ...page, navigator: { permissions: { query: () => Promise.reject(new TypeError('not a PermissionName')) } } };
    expect((await createBrowserConditionsReader(throwing).read()).idle).toBe('unknown');
    expect(mapIdle({ userState: null, screenState: null })).toBe('unknown');
  });
});
