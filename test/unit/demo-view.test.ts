import { describe, expect, it } from 'vitest';
import { createRestartPolicy } from '../../cli/demo/restart-policy.ts';
import { renderScreen } from '../../cli/demo/screen.ts';
import { createStyle, fitLine, visibleLength, wantsColour } from '../../cli/demo/style.ts';
import { estimateTimeLeft, roundOfTarget } from '../../cli/demo/time-left.ts';
import { describeRound } from '../../cli/demo/plain-view.ts';
import { viewModelOf, type ViewModel } from '../../cli/demo/view-model.ts';
import type { LiveEdge, LiveRound, LiveState } from '../../shared/protocol/live-view.ts';

const round = (n: number, accuracy: number | null): LiveRound => ({
  round: n, outcome: 'committed', reason: null, version: n, accuracy, loss: 0.5, trainLoss: 0.4, eligible: 10, reasons: {}, phaseMs: {}, selected: 10, reported: 10,
  bytesUp: 7_968_400, bytesDown: 7_968_400, durationMs: 3000, endedAt: 1_000_000 + 3000 * n,
});
const edge = (name: string): LiveEdge => ({
  edge: 'e0123456789abcdef0123', name, connected: true, capabilities: { platform: 'node', backend: 'wasm', stepsPerSecond: 300 }, conditions: null,
  examples: 6000, activity: 'training', reason: 'drawn', contributions: 3, lastSeen: 0,
});
const state = (edges: readonly LiveEdge[]): LiveState => ({
  now: 1_010_000,
  tasks: [{
    task: 'mnist-2nn', description: '', status: 'running', statusReason: null, round: 4, phase: 'reporting', phaseStartedAt: 1_009_500, deadline: null, goal: 10, eligible: 10, selected: 10, reported: 5,
    targetAccuracy: 0.97, maxRounds: 200, version: 3, accuracy: 0.94, loss: 0.5, bytesUp: 12_000_000, bytesDown: 13_000_000, startedAt: 1_000_000,
  }],
  edges, edgesInAll: edges.length,
});
const view = (edges: readonly LiveEdge[], rounds: readonly LiveRound[] = [round(1, 0.87), round(2, 0.91), round(3, 0.94)]): ViewModel => {
  const made = viewModelOf({ url: 'http://127.0.0.1:8700', taskName: 'mnist-2nn', state: state(edges), rounds, elapsedMs: 10_000 });
  if (made === null) throw new TypeError('the state has the task');
  return made;
};
const ESCAPE = '\u001b';

describe('the time left', () => {
  // error = 0.2 / round exactly: 0.03 is reached at round 6.67, so after round 7.
  const accuracies = [1, 2, 3, 4].map((n) => ({ round: n, accuracy: 1 - 0.2 / n }));
  it('continues the power law of the error', () => {
    expect(roundOfTarget({ accuracies, target: 0.97 })).toBe(7);
    // Rounds 5, 6 and 7 of 3 s each, 1 s of round 5 gone.
    expect(estimateTimeLeft({ accuracies, target: 0.97, maxRounds: 200, round: 5, roundMs: 3000, elapsedMs: 1000 })).toBe(8000);
  });
  it('is not known before three points, nor for a curve that does not fall, nor far beyond what was seen', () => {
    expect(roundOfTarget({ accuracies: accuracies.slice(0, 2), target: 0.97 })).toBeNull();
    expect(roundOfTarget({ accuracies: accuracies.map(({ round }) => ({ round, accuracy: 0.5 })), target: 0.97 })).toBeNull();
    expect(roundOfTarget({ accuracies, target: 0.9999 })).toBeNull();
    expect(estimateTimeLeft({ accuracies: [], target: 0.97, maxRounds: null, round: 1, roundMs: 3000, elapsedMs: 0 })).toBeNull();
  });
  it('is not taken from the number of rounds while the target is out of sight', () => {
    for (const known of [0, 1, 2]) expect(estimateTimeLeft({ accuracies: accuracies.slice(0, known), target: 0.97, maxRounds: 200, round: known + 1, roundMs: 3000, elapsedMs: 0 })).toBeNull();
  });
  it('goes by the number of rounds where that ends it first', () => {
    expect(estimateTimeLeft({ accuracies: [], target: null, maxRounds: 3, round: 2, roundMs: 3000, elapsedMs: 0 })).toBe(6000);
    expect(estimateTimeLeft({ accuracies, target: 0.97, maxRounds: 5, round: 5, roundMs: 3000, elapsedMs: 500 })).toBe(2500);
  });
  it('never lies in the past', () => {
    expect(estimateTimeLeft({ accuracies, target: 0.97, maxRounds: 5, round: 5, roundMs: 3000, elapsedMs: 9000 })).toBe(0);
  });
});

describe('the screen', () => {
  const edges = Array.from({ length: 10 }, (_, i) => edge(`agent-${i + 1}`));
  it('shows phase, figures and edges', () => {
    const lines = renderScreen(view(edges), createStyle(false), { columns: 120, rows: 40 });
    const text = lines.join('\n');
    expect(lines[0]).toBe('Murmuration · mnist-2nn · running   http://127.0.0.1:8700/');
    expect(lines[2]).toBe('phase     initialization › selection › configuration › reporting › updating');
    expect(lines[3]).toBe('round     4 of at most 200   ██████████░░░░░░░░░░ 5/10 reports, 10 selected');
    expect(lines[4]).toBe('accuracy  94.00 %  ▁▅█  target 97.00 %');
    expect(text).toContain('12.0 MB up, 13.0 MB down');
    expect(text).toContain('edges     10 connected of 10');
    expect(text).toContain('  agent-10  training    wasm, 6\u202f000 examples, 3 rounds');
    expect(text).not.toContain(ESCAPE);
    expect(text).toMatch(/time {6}10 s, about [\d.]+ s left/);
  });
  it('says that nobody knows the time left before three rounds', () => {
    expect(renderScreen(view(edges, [round(1, 0.87), round(2, 0.91)]), createStyle(false), { columns: 120, rows: 40 }).join('\n')).toMatch(/time {6}10 s, time left not known yet/);
  });
  it.each([[20, 5], [40, 12], [60, 24], [80, 24], [200, 60]])('fits into %i × %i', (columns, rows) => {
    const lines = renderScreen(view(edges), createStyle(true), { columns, rows });
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(visibleLength(line)).toBeLessThan(Math.max(columns, 21));
  });
  it('names the phase alone where all five do not fit', () => {
    expect(renderScreen(view(edges), createStyle(false), { columns: 60, rows: 24 })[2]).toBe('phase     reporting (4 of 5)');
  });
  it('lets no edge command the terminal', () => {
    const text = renderScreen(view([edge(`evil${ESCAPE}[2J\r\n`)]), createStyle(false), { columns: 120, rows: 40 }).join('\n');
    expect(text).toContain('evil[2J');
    expect(text).not.toContain(ESCAPE);
    expect(text).not.toContain('\r');
  });
});

describe('lines', () => {
  it('say what a round brought', () => {
    expect(describeRound(round(3, 0.94), 65_000)).toBe('round 3, accuracy 94.00 %, loss 0.500, 10/10 reported, 8.0 MB up, 8.0 MB down, 3.0 s, about 1 min 05 s left');
    expect(describeRound({ ...round(3, null), outcome: 'aborted', reason: 'too few reports' }, null)).toBe('round 3, aborted: too few reports, 10/10 reported, 8.0 MB up, 8.0 MB down, 3.0 s');
  });
  it('are cut at the width, colour closed behind', () => {
    const { green } = createStyle(true);
    expect(fitLine('short', 5)).toBe('short');
    expect(fitLine('longer', 5)).toBe('long…');
    expect(fitLine(`ab${green('cdef')}`, 4)).toBe(`ab${ESCAPE}[32mc…${ESCAPE}[0m`);
    expect(visibleLength(green('abc'))).toBe(3);
  });
  it('have colour on terminals that want it', () => {
    expect([wantsColour({}, true), wantsColour({ NO_COLOR: '1' }, true), wantsColour({ NO_COLOR: '' }, true), wantsColour({ TERM: 'dumb' }, true), wantsColour({}, false)]).toEqual([true, false, true, false, false]);
  });
});

it('a crashed agent waits longer each time, and is given up', () => {
  const policy = createRestartPolicy();
  expect([0, 0, 0, 0, 0, 0].map((ms) => policy.afterCrash(ms))).toEqual([1000, 2000, 4000, 8000, 16_000, null]);
  const recovered = createRestartPolicy();
  expect([0, 0, 60_000, 0].map((ms) => recovered.afterCrash(ms))).toEqual([1000, 2000, 1000, 2000]);
});
