/** The report's arithmetic, exact, and what its page holds. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gini, histogramByClass, lorenzCurve, participations } from '../../simulations/report/fairness.ts';
import { describeSettings, groupRuns, meanCurve, valueAt } from '../../simulations/report/groups.ts';
import { amountAxis, bytesAxis, countAxis, percentAxis, roundAxis, timeAxis } from '../../simulations/report/plots/axis.ts';
import { lines, thinned } from '../../simulations/report/plots/marks.ts';
import type { Area } from '../../simulations/report/plots/plot.ts';
import { linearScale, niceDomain, niceTicks } from '../../simulations/report/plots/scale.ts';
import { renderReport } from '../../simulations/report/render-report.ts';
import { accuracyByBytes, cumulated } from '../../simulations/report/sections/traffic.ts';
import { keysBySum, meansOf, stretchesOf } from '../../simulations/report/stretches.ts';
import { writeReport } from '../../simulations/report/write-report.ts';
import type { RoundLine } from '../../simulations/run/record.ts';
import type { Point } from '../../simulations/run/summary.ts';
import type { Settings } from '../../simulations/sweep/expand-sweep.ts';
import { meanAndDeviation } from '../../simulations/run/mean-and-deviation.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { thrownBy } from '../helpers/thrown.ts';

const sample = sampleRecord({ rounds: 40 });

describe('fairness', () => {
  it('is 0 where all took part alike, and towards 1 where one did all', () => {
    expect(gini([3, 3, 3, 3])).toBe(0);
    // The curve lies on the axis up to 3/4: below it 1/8, and 1 − 2/8.
    expect(gini([0, 0, 8, 0])).toBe(0.75);
    expect(gini([0, 0])).toBe(0);
    expect(gini([])).toBe(0);
  });

  it('of 1, 2, 3, 4 is 0.25', () => {
    // Shares 0.1, 0.3, 0.6, 1: below the curve (0.05 + 0.2 + 0.45 + 0.8) / 4 = 0.375; 1 − 0.75.
    expect(gini([4, 2, 1, 3])).toBeCloseTo(0.25, 12);
    expect(lorenzCurve([4, 2, 1, 3]).map(({ x, y }) => [x, y])).toEqual([[0, 0], [0.25, 0.1], [0.5, 0.3], [0.75, 0.6], [1, 1]]);
  });

  it('agrees with the mean difference of all pairs', () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), (counts) => {
      const sum = counts.reduce((a, b) => a + b, 0);
      const differences = counts.reduce((total, a) => counts.reduce((more, b) => more + Math.abs(a - b), total), 0);
      expect(gini(counts)).toBeCloseTo(sum === 0 ? 0 : differences / (2 * counts.length * sum), 9);
    }));
  });

  it('counts reports by edge, and edges by count and class', () => {
    const [first, second] = sample.rounds;
    const counted = participations({ run: { ...sample.run, edges: sample.run.edges.slice(0, 4) }, rounds: [{ ...first, reportedEdges: [0, 2] }, { ...second, reportedEdges: [2] }], result: null });
    expect(counted).toEqual([1, 0, 2, 0]);
    expect(histogramByClass(counted, [0, 0, 1, 1], 2)).toEqual({ edges: [0, 1, 2, 3], bins: [[1, 1, 0], [1, 0, 1]] });
    // 48 counts in bins of 3, so that there are at most 24.
    const wide = histogramByClass([0, 2, 3, 48], [0, 0, 0, 0], 1);
    expect(wide.edges).toEqual(Array.from({ length: 18 }, (_, i) => 3 * i));
    expect([wide.bins[0][0], wide.bins[0][1], wide.bins[0][16]]).toEqual([2, 1, 1]);
  });
});

describe('axes', () => {
  it('are marked with round numbers', () => {
    expect(niceTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks([0.03, 0.34], 3)).toEqual([0.2]);
    expect(niceTicks([0, 87], 6)).toEqual([0, 20, 40, 60, 80]);
    expect(niceDomain([0.13, 0.97], 5)).toEqual([0, 1]);
    expect(niceTicks([7, 7], 5)).toEqual([7]);
    expect(linearScale([10, 20], [0, 100])(12.5)).toBe(25);
    expect(linearScale([5, 5], [0, 100])(5)).toBe(50);
  });

  it('are written in units that suit', () => {
    const written = ({ ticks, format, label }: ReturnType<typeof roundAxis>): string => `${label}: ${ticks.map(format).join(' ')}`;
    expect(written(roundAxis(1500))).toBe('round: 0 500 1\u202f000 1\u202f500');
    expect(written(roundAxis(1))).toBe('round: 0 1');
    expect(written(timeAxis(90))).toBe('virtual time, s: 0 20 40 60 80');
    expect(written(timeAxis(2200))).toBe('virtual time, min: 0 10 20 30');
    expect(written(timeAxis(5 * 86_400))).toBe('virtual time, d: 0 1 2 3 4 5');
    expect(written(amountAxis(0.31, 'loss'))).toBe('loss: 0.0 0.1 0.2 0.3 0.4');
    expect(written(countAxis(1, 'edges'))).toBe('edges: 0 1');
    expect(written(bytesAxis(9e8, 'bytes'))).toBe('bytes: 0 B 200 MB 400 MB 600 MB 800 MB 1 GB');
    expect(written(percentAxis([0.96, 0.99], 'accuracy'))).toBe('accuracy: 96 % 97 % 98 % 99 %');
  });
});

describe('several runs', () => {
  it('have a mean and a sample standard deviation at each point, on the stretch that all cover', () => {
    const a = [{ x: 0, y: 0 }, { x: 2, y: 2 }, { x: 4, y: 2 }];
    const b = [{ x: 1, y: 3 }, { x: 3, y: 5 }];
    // At 1: 1 and 3; at 2: 2 and 4; at 3: 2 and 5. Of two samples the deviation is their distance / √2.
    const root = Math.SQRT1_2;
    expect(meanCurve([a, b])?.mean).toEqual([{ x: 1, y: 2 }, { x: 2, y: 3 }, { x: 3, y: 3.5 }]);
    expect(meanCurve([a, b])?.upper.map(({ y }) => y)).toEqual([2 + 2 * root, 3 + 2 * root, 3.5 + 3 * root].map((y) => expect.closeTo(y, 12) as number));
    expect(meanCurve([a])).toBeNull();
    expect(meanCurve([a, [{ x: 9, y: 1 }, { x: 10, y: 1 }]])).toBeNull();
    expect(valueAt(a, 1)).toBe(1);
    expect(valueAt(a, -1)).toBe(0);
    expect(valueAt(a, 99)).toBe(2);
  });

  it('are grouped by scenario, in the order given, seeds in theirs', () => {
    const groups = groupRuns([sampleRecord({ seed: 2, rounds: 1 }), sampleRecord({ scenario: 'oort', rounds: 1 }), sampleRecord({ seed: 1, rounds: 1 })]);
    expect(groups.map(({ scenario, color, runs }) => [scenario, color, runs.map(({ run }) => run.seed)])).toEqual([['fedavg-2nn-iid', 'c1', [1, 2]], ['oort', 'c2', [1]]]);
  });

  it('are told apart by what was set of the scenario, in whatever order it was given', () => {
    const run = (seed: number, settings?: Settings) => {
      const made = sampleRecord({ seed, rounds: 1 });
      return { ...made, run: { ...made.run, settings } };
    };
    const groups = groupRuns([run(1, { edges: 50, rounds: 1 }), run(2, { rounds: 1, edges: 50 }), run(1, { edges: 10 }), run(1)]);
    expect(groups.map(({ name, runs }) => [name, runs.map(({ run: { seed } }) => seed)])).toEqual([['fedavg-2nn-iid, edges = 50, rounds = 1', [1, 2]], ['fedavg-2nn-iid, edges = 10', [1]], ['fedavg-2nn-iid, as it is', [1]]]);
    expect(groupRuns([run(1, { edges: 50 })])[0].name).toBe('fedavg-2nn-iid');
    expect(describeSettings({ 'fleet.preset': 'phones', data: null })).toBe('data = null, fleet.preset = phones');
    expect(renderReport([run(1, { edges: 50 })])).toContain('<b>edges = 50</b>');
    expect(renderReport([run(1)])).not.toContain('Set for this run');
  });

  it('that lie upon each other are all seen: those above are dashed', () => {
    const area: Area = { width: 100, height: 100, x: (x) => x, y: (y) => 100 - y };
    const flat = (y: number) => Array.from({ length: 4 }, (_, x) => ({ x, y }));
    const dashes = (...curves: readonly (readonly Point[])[]): readonly (string | undefined)[] => [...lines(curves.map((points) => ({ points, color: 'c1' })))(area).matchAll(/<path[^>]*>/g)].map(([path]) => /dasharray:([\d. ]+)/.exec(path)?.[1]);
    expect(dashes(flat(10), flat(20))).toEqual([undefined, undefined]);
    expect(dashes(flat(10), flat(11), flat(30), flat(10))).toEqual([undefined, '10 10', undefined, '6.7 13.3']);
    // One round of four apart still hides the others; two do not.
    expect(dashes(flat(10), [...flat(10).slice(0, 3), { x: 3, y: 90 }])).toEqual([undefined, '10 10']);
    expect(dashes(flat(10), [...flat(10).slice(0, 2), ...flat(90).slice(2)])).toEqual([undefined, undefined]);
  });

  it('meanAndDeviation is that of samples, not of a population', () => {
    expect(meanAndDeviation([1, 2, 3])).toEqual({ samples: 3, mean: 2, deviation: 1 });
    expect(meanAndDeviation([5])).toEqual({ samples: 1, mean: 5, deviation: null });
    expect(meanAndDeviation([])).toBeNull();
  });
});

describe('many rounds', () => {
  it('keep the extremes of a line', () => {
    const points = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x === 4321 ? 9 : x === 77 ? -9 : Math.sin(x) }));
    const drawn = thinned(points);
    expect(drawn.length).toBeLessThanOrEqual(1600);
    expect(drawn).toContainEqual({ x: 4321, y: 9 });
    expect(drawn).toContainEqual({ x: 77, y: -9 });
    expect([drawn[0].x, drawn[drawn.length - 1].x]).toEqual([0, 9999]);
    expect(drawn.every(({ x }, i) => i === 0 || x > drawn[i - 1].x)).toBe(true);
  });

  it('become bars of several, each the mean of its rounds', () => {
    const lines = Array.from({ length: 221 }, (_, i) => ({ ...sample.rounds[0], round: i + 1, eligible: i }));
    const stretches = stretchesOf(lines);
    // 221 rounds in bars of 3: 74 of them, the last one of two.
    expect(stretches.edges.slice(0, 2)).toEqual([0.5, 3.5]);
    expect(stretches.rounds.length).toBe(74);
    expect(meansOf(stretches, ({ eligible }) => eligible).slice(0, 2)).toEqual([1, 4]);
    expect(meansOf(stretches, ({ eligible }) => eligible).at(-1)).toBe(219.5);
    // It ends where its last round does, and is drawn whole.
    expect(stretches.edges.at(-1)).toBe(221.5);
    expect(roundAxis(10, 'round', 10.5).domain).toEqual([0, 10.5]);
    expect(roundAxis(100, 'round', 100.5).domain).toEqual([0, 101]);
    expect(stretchesOf(lines.slice(0, 5)).rounds.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
  });

  it('sum what was sent, and reasons by how many they are', () => {
    const lines: RoundLine[] = [{ ...sample.rounds[0], round: 1, bytesUp: 1, bytesDown: 10, accuracy: 0.5, reasons: { battery: 1, offline: 2 } }, { ...sample.rounds[0], round: 2, bytesUp: 2, bytesDown: 20, accuracy: null, reasons: { battery: 3, charging: 0 } }, { ...sample.rounds[0], round: 3, bytesUp: 4, bytesDown: 40, accuracy: 0.75, reasons: {} }];
    expect(cumulated(lines, ({ bytesUp }) => bytesUp).map(({ y }) => y)).toEqual([1, 3, 7]);
    expect(accuracyByBytes(lines)).toEqual([{ x: 11, y: 0.5 }, { x: 77, y: 0.75 }]);
    expect(keysBySum(lines, ({ reasons }) => reasons)).toEqual(['battery', 'offline']);
  });
});

describe('renderReport', () => {
  it('lets no text of a scenario become markup', () => {
    const evil = '<img src=x onerror=alert(1)>"\'&';
    const page = renderReport([{ ...sample, run: { ...sample.run, scenario: evil, description: evil, task: evil, deviceClasses: [evil, evil, evil] }, rounds: sample.rounds.map((line) => ({ ...line, outcome: 'aborted', reason: evil, reasons: { [evil]: 1 }, phaseMs: { [evil]: 1 } })) }]);
    expect(page).not.toContain('<img');
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;');
  });

  it('draws what broke, where something did', () => {
    expect(renderReport([sample])).not.toContain('What broke');
    expect(renderReport([{ ...sample, rounds: sample.rounds.map((line) => ({ ...line, faults: {} })) }])).not.toContain('What broke');
    const broken: Record<string, number> = { 'message drop': 3, 'edge crash': 1 };
    const page = renderReport([{ ...sample, rounds: sample.rounds.map((line, i) => ({ ...line, faults: i % 2 === 0 ? broken : {} })) }]);
    expect(page).toContain('What broke');
    expect(page).toContain('message drop');
  });

  it('says where a run stands that has not ended, or has no round yet', () => {
    expect(renderReport([sample])).not.toContain('has not reached its end');
    expect(renderReport([{ ...sample, result: null }])).toContain('This run has not reached its end');
    expect(renderReport([{ ...sample, rounds: [], result: null }])).toContain('No round has ended yet.');
    expect(renderReport([{ ...sample, rounds: [], result: null }, { ...sample, rounds: [], result: null, run: { ...sample.run, seed: 2 } }])).toContain('No round has ended yet.');
  });

  it('has no number that is none', () => {
    for (const rounds of [1, 2, 40]) {
      const { run, rounds: lines } = sampleRecord({ rounds, target: null });
      const bare = lines.map((line) => ({ ...line, accuracy: null, loss: null, trainLoss: null, eligible: 0, selected: 0, reported: 0, bytesUp: 0, bytesDown: 0, phaseMs: {}, reasons: {}, reportedEdges: [], virtualMs: 0 }));
      for (const records of [[{ run, rounds: lines, result: null }], [{ run, rounds: bare, result: null }], [{ run: { ...run, edges: [], deviceClasses: [] }, rounds: bare, result: null }, { run, rounds: lines, result: null }]]) expect(renderReport(records)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('needs a run', async () => {
    expect((await thrownBy(() => renderReport([]))).code).toBe('bad_usage');
  });
});

describe('writeReport', () => {
  it('replaces the file whole, and leaves nothing beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-report-'));
    try {
      await writeReport([sample], join(folder, 'deep/report.html'));
      await writeReport([{ ...sample, result: null }], join(folder, 'deep/report.html'));
      expect(await readFile(join(folder, 'deep/report.html'), 'utf8')).toBe(renderReport([{ ...sample, result: null }]));
      expect(await readdir(join(folder, 'deep'))).toEqual(['report.html']);
      await writeFile(join(folder, 'file'), '');
      expect(await thrownBy(() => writeReport([sample], join(folder, 'file/report.html')))).toMatchObject({ code: 'storage_failed' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
