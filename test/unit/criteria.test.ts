import { describe, expect, it } from 'vitest';
import type { CriterionCases } from '../conformance/criterion.ts';
import { criterionConformance } from '../conformance/criterion.ts';
import { CRITERIA, wishesOf } from '../../shared/selection/criteria/registry.ts';
import type { Conditions } from '../../shared/task/conditions.ts';
import { SelectionPolicy } from '../../shared/task/selection-policy.ts';
import { candidate, drawContext, edgeNumber, NOW, track } from '../helpers/candidates.ts';

const having = (conditions: Partial<Conditions>) => candidate({ conditions });
const able = (capabilities: Partial<ReturnType<typeof candidate>['capabilities']>) => candidate({ capabilities: { platform: 'browser', backend: 'wasm', stepsPerSecond: 100, ...capabilities } });

const CASES: Readonly<Record<string, CriterionCases>> = {
  battery: { settings: { atLeast: 0.3 }, meets: having({ battery: 0.3 }), fails: having({ battery: 0.25 }), value: 0.25, sentence: 'battery 25 %, at least 30 % is asked', wish: 'the battery holds at least 30 %', unknown: having({ battery: 'unknown' }) },
  charging: { settings: {}, meets: having({ charging: true }), fails: having({ charging: false }), value: false, sentence: 'not charging, which is asked', wish: 'the device charges', unknown: having({ charging: 'unknown' }) },
  network: { settings: { allow: ['wifi', 'ethernet'] }, meets: having({ network: 'ethernet' }), fails: having({ network: 'cellular' }), value: 'cellular', sentence: 'network cellular, one of wifi, ethernet is asked', wish: 'the network is wifi or ethernet', unknown: having({ network: 'unknown' }) },
  effectiveType: { settings: { atLeast: '3g' }, meets: having({ effectiveType: '3g' }), fails: having({ effectiveType: '2g' }), value: '2g', sentence: 'the network is as fast as 2g, at least 3g is asked', wish: 'the network is at least as fast as 3g', unknown: having({ effectiveType: 'unknown' }) },
  metered: { settings: { allow: false }, meets: having({ metered: false }), fails: having({ metered: true }), value: true, sentence: 'the network is metered, which the task does not allow', wish: 'the network is not metered', unknown: having({ metered: 'unknown' }) },
  saveData: { settings: { allow: false }, meets: having({ saveData: false }), fails: having({ saveData: true }), value: true, sentence: 'its owner asks to save traffic, which the task respects', wish: 'you have not asked to save traffic', unknown: having({ saveData: 'unknown' }) },
  downlink: { settings: { atLeast: 2 }, meets: having({ downlink: 2 }), fails: having({ downlink: 1.9 }), value: 1.9, sentence: 'downlink 1.9 Mbit/s, at least 2 Mbit/s is asked', wish: 'the downlink is at least 2 Mbit/s', unknown: having({ downlink: 'unknown' }) },
  roundTrip: { settings: { atMost: 200 }, meets: having({ roundTripMs: 200 }), fails: having({ roundTripMs: 201 }), value: 201, sentence: 'round trip 201 ms, at most 200 ms is asked', wish: 'a message comes back within 200 ms', unknown: having({ roundTripMs: 'unknown' }) },
  visibility: { settings: { allow: ['hidden'] }, meets: having({ visibility: 'hidden' }), fails: having({ visibility: 'visible' }), value: 'visible', sentence: 'the page is visible, hidden is asked', wish: 'the page is hidden', unknown: having({ visibility: 'unknown' }) },
  idle: { settings: {}, meets: having({ idle: true }), fails: having({ idle: false }), value: false, sentence: 'in use, and an idle device is asked', wish: 'nobody uses the device', unknown: having({ idle: 'unknown' }) },
  freeMemory: { settings: { atLeast: 512 }, meets: having({ freeMemoryMiB: 512 }), fails: having({ freeMemoryMiB: 511 }), value: 511, sentence: '511 MiB of memory are free, at least 512 MiB are asked', wish: 'at least 512 MiB of memory are free', unknown: having({ freeMemoryMiB: 'unknown' }) },
  backend: { settings: { allow: ['webgpu', 'wasm'] }, meets: able({}), fails: able({ backend: 'cpu' }), value: 'cpu', sentence: 'computes with cpu, one of webgpu, wasm is asked', wish: 'the device computes with webgpu or wasm', unknown: null },
  speed: { settings: { atLeast: 50 }, meets: able({ stepsPerSecond: 50 }), fails: able({ stepsPerSecond: 49.876 }), value: 49.876, sentence: '49.9 steps/s, at least 50 are asked', wish: 'the device trains at 50 steps a second or faster', unknown: able({ stepsPerSecond: null }) },
  examples: { settings: { atLeast: 50 }, meets: candidate({ examples: 50 }), fails: candidate({ examples: 49 }), value: 49, sentence: '49 examples, at least 50 are asked', wish: 'there are at least 50 examples', unknown: null },
  labels: { settings: { classes: 2, atLeast: 5 }, meets: candidate({ labels: [5, 0, 5] }), fails: candidate({ labels: [4, 90, 0] }), value: 1, sentence: 'classes with 5 or more examples: 1, at least 2 are asked', wish: 'there are 2 classes with 5 or more examples each', unknown: candidate({ labels: null }) },
  protocol: { settings: { minor: 1 }, meets: candidate({ protocolMinor: 1 }), fails: candidate({ protocolMinor: 0 }), value: 0, sentence: 'speaks minor version 0 of the protocol, at least 1 is asked', wish: 'it speaks minor version 1 of the protocol', unknown: null },
  timeOfDay: {
    settings: { from: '22:00', to: '06:00' }, meets: having({ utcOffsetMinutes: 60 }), fails: having({ utcOffsetMinutes: 59 }), value: '21:59', sentence: '21:59 by its own clock, asked between 22:00 and 06:00',
    wish: 'it is between 22:00 and 06:00 where you are', unknown: having({ utcOffsetMinutes: 'unknown' }), context: drawContext({ now: 21 * 3_600_000 }),
  },
  rest: {
    settings: { seconds: 60 }, meets: candidate({ edge: edgeNumber(1) }), fails: candidate({ edge: edgeNumber(2) }), value: '59 s', sentence: 'rested for 59 s since its last report, at least 60 s asked', wish: 'it has rested for 60 s', unknown: null,
    context: drawContext({ tracks: [track(edgeNumber(1), { lastReportedAt: NOW - 60_000, lastReportedRound: 1 }), track(edgeNumber(2), { lastReportedAt: NOW - 59_500, lastReportedRound: 1 })] }),
  },
};

for (const criterion of CRITERIA) criterionConformance(criterion, CASES[criterion.name]);

describe('the registry', () => {
  it('has each criterion once, and each is tried here', () => {
    expect(CRITERIA.map(({ name }) => name).sort()).toEqual(Object.keys(CASES).sort());
  });

  it('puts what a policy asks in words, and leaves out what it does not ask', () => {
    const { criteria } = SelectionPolicy.parse({ criteria: { battery: { atLeast: 0.2 }, charging: { required: false }, examples: { atLeast: 150 } } });
    expect(wishesOf(criteria)).toEqual(['the battery holds at least 20 %', 'there are at least 150 examples']);
  });
});
