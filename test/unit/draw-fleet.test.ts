import { describe, expect, it } from 'vitest';
import { createFleet } from '../../simulations/fleet/create-fleet.ts';
import { drawFleet } from '../../simulations/fleet/draw-fleet.ts';
import { parseFleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import { parseTraces } from '../../simulations/fleet/trace-files.ts';

/** Heights of the bars of one class, in the order of the histograms. */
const bars = (svg: string, group: number): number[] => [...svg.matchAll(new RegExp(`<rect [^>]*height="([\\d.]+)" class="group${group}"/>`, 'g'))].map(([, height]) => Number(height)).filter((height) => height !== 11);
const path = (svg: string, line: number): string => new RegExp(`<path d="M([^"]*)" class="line${line}"/>`).exec(svg)?.[1] ?? '';

describe("a fleet's picture", () => {
  it('shows when devices are there: half of two for the first of two hours', () => {
    const spec = parseFleetSpec({});
    const traces = parseTraces({ availability: { name: 'a', content: 'device,start_s,end_s\na,0,3600\nb,7200,7201\n' } }, [], { repeat: false, periodSeconds: null });
    const svg = drawFleet(createFleet(spec, { size: 2, seed: 1, traces }), { hours: 2 });
    const y = path(svg, 0).split('L').map((point) => Number(point.split(' ')[1]));
    // Quarters of an hour: one of two devices in the first four, none in the next, the other at the end. 0 % lies at 302, 100 % at 104.
    expect(y).toEqual([203, 203, 203, 203, 302, 302, 302, 302, 203]);
    expect(path(svg, 1).split('L').every((point) => point.endsWith(' 104'))).toBe(true);
  });

  it('stacks the classes of every speed and bandwidth', () => {
    const spec = parseFleetSpec({ classes: [{ preset: 'uniform', name: 'fast <&>' }, { preset: 'uniform', name: 'slow', stepsPerSecond: 1, network: { home: { downlink: 1, uplink: 1 } } }] });
    const fleet = createFleet(spec, { size: 40, seed: 2 });
    const fast = fleet.filter(({ deviceClass }) => deviceClass !== 'slow').length;
    const svg = drawFleet(fleet, { hours: 1, title: '"A" & B' });
    // The greatest bar is 96 high: two classes, each in one bin of each histogram. The slow ones come first.
    const most = Math.max(fast, 40 - fast);
    const height = (count: number): number => Math.round((9600 * count) / most) / 100;
    expect(bars(svg, 0)).toEqual(new Array(3).fill(height(40 - fast)));
    expect(bars(svg, 1)).toEqual(new Array(3).fill(height(fast)));
    expect(svg).toContain('>fast &#60;&#38;&#62;</text>');
    expect(svg).toContain('<title>&#34;A&#34; &#38; B</title>');
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
  });

  it('of the same fleet is the same', () => {
    const draw = (): string => drawFleet(createFleet(parseFleetSpec({ preset: 'mixed' }), { size: 20, seed: 3 }), { hours: 6 });
    expect(draw()).toBe(draw());
  });
});
