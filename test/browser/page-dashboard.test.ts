/** The dashboard in a real browser, under the strictest Content-Security-Policy, fed over a real socket.io. */
import { describe, expect, it } from 'vitest';
import { PHASES } from '../../shared/protocol/live-view.ts';
import { chromiumIsMissing } from '../helpers/chromium.ts';
import { openDashboardPage } from '../helpers/dashboard-page.ts';
import { liveConditions, liveEdge, liveRound, liveState, liveTask } from '../helpers/live-state.ts';

describe.skipIf(chromiumIsMissing())('the dashboard', () => {
  const shown = openDashboardPage(() => liveState());

  const open = async (hash = ''): Promise<void> => {
    await shown.page.goto(`${shown.watch.url}/${hash}`);
    await shown.page.getByTestId('connection').and(shown.page.locator('[data-state=live]')).waitFor();
    await shown.page.getByTestId('waiting').waitFor({ state: 'hidden' });
  };
  const text = (id: string): Promise<string> => shown.page.getByTestId(id).innerText();
  /** What of a card's parts reaches beyond it. Of a page that has just been made narrower it has to be asked again: its plots follow a frame later. */
  const beyondCard = (card: string, parts: string): Promise<readonly string[]> =>
    shown.page.getByTestId(card).evaluate((box, selector) => [...box.querySelectorAll(selector)].filter((part) => part.getBoundingClientRect().right > box.getBoundingClientRect().right).map((part) => part.outerHTML.slice(0, 90)), parts);
  const phases = (): Promise<(string | null)[]> => Promise.all(PHASES.map((phase) => shown.page.getByTestId(`phase-${phase}`).getAttribute('data-state')));

  it('lights the phase of the round and moves on with it', async () => {
    await open();
    expect(await phases()).toEqual(['done', 'done', 'done', 'current', 'ahead']);
    expect(await text('phase-round')).toBe('Round 24 of at most 200');
    expect(await shown.page.getByTestId('phase-reporting').getAttribute('aria-current')).toBe('step');
    // 56 s were left when the state was made; the page counts on from there, on the coordinator's clock.
    expect(await text('phase-reporting')).toMatch(/\b(5[0-6]|[1-4]?\d) s left at most/);

    shown.watch.setState(liveState({ tasks: [liveTask({ round: 25, version: 24, phase: 'selection', deadline: null })] }));
    await shown.page.getByTestId('phase-selection').and(shown.page.locator('[data-state=current]')).waitFor();
    expect(await phases()).toEqual(['done', 'current', 'ahead', 'ahead', 'ahead']);
    expect(await text('phase-selection')).toContain('no deadline');
    expect(await text('phase-round')).toBe('Round 25 of at most 200');
    expect(shown.errors).toEqual([]);
  });

  it('shows the figures, and says in words what the curves show', async () => {
    shown.watch.addRounds('mnist-2nn', [liveRound(1, { accuracy: 0.8, loss: 0.7, trainLoss: 0.6 }), liveRound(2, { accuracy: 0.9612, loss: 0.131, trainLoss: 0.12 })]);
    await open();
    await shown.page.getByTestId('round-2').waitFor();
    expect(await text('figure-accuracy')).toMatch(/96\.12 %\s+0\.88 points to the target 97\.00 %\s+best 96\.12 %, in round 2/);
    expect(await text('figure-reports')).toMatch(/6 \/ 8\s+10 selected\s+the round closes at 8/);
    expect(await text('figure-round')).toMatch(/24\s+of at most 200/);
    expect(await text('figure-version')).toMatch(/23\s+committed/);
    expect(await text('figure-loss')).toMatch(/0\.131\s+training 0\.120/);
    expect(await text('figure-up')).toMatch(/146\.3 MB\s+in all, 6\.4 MB a round/);
    expect(await text('figure-down')).toMatch(/183\.3 MB/);
    expect(await shown.page.title()).toContain('96.1 %, round 24 · mnist-2nn');
    expect(await shown.page.getByTestId('curve-accuracy').getAttribute('aria-label')).toBe('Accuracy up to round 2: central 96.1 %, target 97.0 %');
    expect(await shown.page.getByTestId('curve-loss').getAttribute('aria-label')).toBe('Loss up to round 2: central 0.131, training 0.120');
    expect(await shown.page.getByTestId('curve-bytes').locator('canvas').count()).toBe(1);
    expect(shown.errors).toEqual([]);
  });

  it('shows what is wrong with the task: the evidence, a picture of it, and what to try', async () => {
    const finding = {
      reading: 'edge-loss', subject: 'e1', what: 'its training loss is 4.1 times the others’ median', since: 12, sure: 'certain', edges: ['e1'],
      evidence: { 'times the others’ loss': 4.08, reports: 3 }, remedies: ['look at its <labels>', 'shut it out: `murmur edges revoke`'], lines: [{ name: 'loss', points: [[12, 2.5], [14, 2.25], [20, 2]] }], foundIn: 14, lastIn: 23, overIn: null,
    };
    shown.watch.answers.set('/api/tasks/mnist-2nn/findings', { type: 'application/json', body: JSON.stringify({ findings: [finding, { ...finding, reading: 'divergence', subject: '', edges: [], what: 'the loss has risen', lines: [] }] }) });
    shown.watch.setState(liveState({ tasks: [liveTask({ findings: 2 })], edges: [liveEdge(1, { edge: 'e1', name: 'kitchen' })] }));
    await open();
    const loss = shown.page.getByTestId('finding-edge-loss');
    await loss.waitFor();
    expect(await text('trouble-count')).toBe('2 things');
    expect(await loss.innerText()).toMatch(/edge-loss\s+certain\s+since round 12\s+kitchen: its training loss is 4\.1 times the others’ median\.\s+loss: 2\.5 → 2\s+times the others’ loss\s+4\.08\s+reports\s+3\s+What to try:\s+look at its <labels>/);
    expect(await loss.locator('.finding-remedies code').allInnerTexts()).toEqual(['murmur edges revoke']);
    expect(await loss.locator('svg').getAttribute('aria-label')).toBe('loss, rounds 12 to 20: from 2.5 to 2');
    // 220 × 44 with a margin of 3: round 14 lies a quarter of the way, 2.25 halfway down.
    expect(await loss.locator('path').getAttribute('d')).toBe('M3.0 3.0L56.5 22.0L217.0 41.0');
    expect(await shown.page.getByTestId('finding-divergence').innerText()).toContain('The loss has risen.');
    shown.watch.setState(liveState());
    await shown.page.getByTestId('trouble').waitFor({ state: 'hidden' });
    expect(shown.errors).toEqual([]);
  });

  it('shows how a version does on the examples that edges hold back, and how the edges spread', async () => {
    const measures = { edges: 8, examples: 960, loss: 0.7, accuracy: 0.8, mean: 0.78, deviation: 0.06 };
    const judged = { ...measures, worstDecile: 0.61, bestDecile: 0.93 };
    shown.watch.addRounds('mnist-2nn', [liveRound(1)]);
    await open();
    await shown.page.getByTestId('round-1').waitFor();
    expect(await shown.page.getByTestId('judged').isVisible()).toBe(false);

    shown.watch.addRounds('mnist-2nn', [
      liveRound(2, { evaluation: { version: 1, shared: { ...judged, strata: { 'browser/webgl': measures, '<b>node</b>': { ...measures, edges: 3, mean: 0.55 } } }, personal: { ...judged, mean: 0.88, strata: null } } }),
    ]);
    await shown.page.getByTestId('judged').waitFor();
    expect(await text('judged-words')).toBe('Version 1, judged by 8 edges on 960 examples: mean of edges 78.00 %, worst tenth 61.00 %, best tenth 93.00 %, standard deviation 6.00 %. Their own models: 88.00 %, worst tenth 61.00 %.');
    // Version 1 was made in round 1.
    expect(await shown.page.getByTestId('curve-judged').getAttribute('aria-label')).toBe('On the examples that edges hold back up to round 1: best tenth 93.0 %, worst tenth 61.0 %, mean of edges 78.0 %, own models 88.0 %');
    expect(await shown.page.getByTestId('curve-judged').locator('canvas').count()).toBe(1);
    expect(await shown.page.getByTestId('judged-groups').locator('tbody tr').allInnerTexts()).toEqual([expect.stringMatching(/browser\/webgl\s+8\s+960\s+78\.00 %\s+6\.00 %/), expect.stringMatching(/<b>node<\/b>\s+3\s+960\s+55\.00 %/)]);
    // On a phone it shows what matters, and nothing reaches beyond its card.
    await shown.page.setViewportSize({ width: 390, height: 900 });
    await expect.poll(() => beyondCard('judged', '*')).toEqual([]);
    await shown.page.setViewportSize({ width: 1440, height: 900 });
    expect(shown.errors).toEqual([]);
  });

  it('shows what changed since the version before, since another one, and beside another task', async () => {
    const resultOf = (counts: readonly number[], mean: number, missing: number) => ({
      type: 'application/json',
      body: JSON.stringify({
        result: {
          kind: 'statistics', edges: 3, leastEdges: 2, rows: 100, covariance: null,
          columns: [{ column: '<i>age</i>', type: 'numeric', edges: 3, count: 100 - missing, missing, measures: { moments: { count: 100, sum: 100 * mean, mean, variance: 4, deviation: 2 }, histogram: { edges: [0, 1, 2], counts, below: 0, above: 0 } } }],
        },
      }),
    });
    shown.watch.answers.set('/api/tasks/people/versions', { type: 'application/json', body: JSON.stringify({ versions: [3, 2, 1, 0].map((version) => ({ version, createdAt: Date.UTC(2026, version, 1) })) }) });
    shown.watch.answers.set('/api/tasks/people/versions/1/result', resultOf([50, 50], 10, 0));
    shown.watch.answers.set('/api/tasks/people/versions/2/result', resultOf([25, 75], 10, 20));
    shown.watch.answers.set('/api/tasks/people/versions/3/result', resultOf([25, 75], 11, 20));
    shown.watch.answers.set('/api/tasks/houses/versions/latest/result', { type: 'application/json', body: JSON.stringify({ result: { kind: 'ridge' } }) });
    const without = { accuracy: null, loss: null, targetAccuracy: null, withoutModel: true };
    const people = (version: number) => liveState({ tasks: [liveTask({ ...without, task: 'people', version }), liveTask({ ...without, task: 'houses', version: 1 }), liveTask({ task: 'mnist-2nn' })] });
    shown.watch.setState(people(3));
    await open('#task=people');
    const since = shown.page.getByTestId('result-since');
    const row = shown.page.getByTestId('drift').locator('tbody tr');
    // The mean alone has moved since version 2, by half of its deviation.
    await row.waitFor();
    expect(await since.locator('option').allInnerTexts()).toEqual(['nothing', expect.stringMatching(/^Version 2 of 1 Mar 2026, /), expect.stringMatching(/^Version 1 of 1 Feb 2026, /), 'Task houses']);
    expect(await row.innerText()).toMatch(/<i>age<\/i>\s+0\s+0\s+0\.5\s+0\.00 %/);
    expect(await text('result-findings')).toMatch(/<i>age<\/i>, missing: 20\.0 %[^]*<i>age<\/i>, shift: its mean has moved by 0\.5 of its deviations/);
    // p = (50, 50), q = (25, 75), of 101 with half a value for each of the empty bins at the ends: 25 / 101 · ln 3.
    await since.selectOption('version 1');
    await row.getByText('0.27193').waitFor();
    expect(await row.innerText()).toMatch(/0\.27193\s+0\.25\s+0\.5\s+\+20\.00 %/);
    expect(await text('result-findings')).toMatch(/drift: its distribution has changed[^]*missing drift: 20\.0 % more/);
    await since.selectOption('task houses');
    await shown.page.getByTestId('drift-words').waitFor();
    expect(await text('drift-words')).toBe('Task houses is a result of ridge, and columns are compared with columns.');
    await shown.page.getByTestId('drift').waitFor({ state: 'hidden' });
    await since.selectOption('version 1');
    await row.waitFor();
    await shown.page.setViewportSize({ width: 390, height: 900 });
    await expect.poll(() => beyondCard('result', ':not(thead, thead *)')).toEqual([]);
    await shown.page.setViewportSize({ width: 1440, height: 900 });
    await since.selectOption('nothing');
    await shown.page.getByTestId('drift').waitFor({ state: 'hidden' });
    expect(await text('result-findings')).not.toContain('drift');
    // What the reader chose stays chosen.
    shown.watch.setState(people(2));
    await shown.page.getByTestId('result-since').locator('option', { hasText: 'Version 2' }).waitFor({ state: 'detached' });
    expect(await since.inputValue()).toBe('');
    expect(shown.errors).toEqual([]);
  });

  it('shows what a task without a model has found, and asks again when there is more', async () => {
    const moments = { count: 6, sum: 290, mean: 48.33, variance: 513.9, deviation: 22.67 };
    const resultOf = (rows: number) => ({
      type: 'application/json',
      body: JSON.stringify({
        result: {
          kind: 'statistics', edges: 3, leastEdges: 2, rows,
          columns: [
            { column: 'age', type: 'numeric', edges: 3, count: 6, missing: 1, measures: { moments, histogram: { edges: [0, 30, 60, 90], counts: [1, 3, 2], below: 0, above: 0 }, quantiles: { values: [{ at: 0, value: 20 }, { at: 0.25, value: 30 }, { at: 0.5, value: 45 }, { at: 0.75, value: 60 }, { at: 1, value: 90 }], error: 0.01, beyond: 0 } } },
            { column: '<b>city</b>', type: 'categorical', edges: 3, count: 6, missing: 0, measures: { values: { values: [{ value: 'Rome', count: 5 }, { value: 'Oslo', count: 1 }], other: 0 } } },
            { column: 'income', type: 'numeric', withheld: { code: 'too_few_edges', message: 'fewer than 2 edges have the column "income"' } },
          ],
          covariance: { columns: ['age', 'height'], rows: 5, means: [1, 2], covariance: [[4, -3], [-3, 9]] },
        },
      }),
    });
    shown.watch.answers.set('/api/tasks/people/versions', { type: 'application/json', body: JSON.stringify({ versions: [] }) });
    shown.watch.answers.set('/api/tasks/people/versions/1/result', resultOf(7));
    shown.watch.answers.set('/api/tasks/people/versions/2/result', resultOf(70));
    const people = (version: number) => liveState({ tasks: [liveTask({ task: 'people', version, accuracy: null, loss: null, targetAccuracy: null, withoutModel: true })] });
    shown.watch.setState(people(0));
    await open();
    expect(await text('result-words')).toBe('Nothing yet: the first round gives the first result.');
    expect(await text('figure-version')).toMatch(/0\s+no result yet/);
    const headings = (): Promise<string[]> => shown.page.getByTestId('rounds').locator('thead th:visible').allInnerTexts();
    expect(await headings()).toEqual(['Round', 'Outcome', 'Reports', 'Took', 'Up', 'Down']);
    for (const judged of ['curve-accuracy', 'figure-accuracy', 'figure-loss']) expect(await shown.page.getByTestId(judged).isVisible(), judged).toBe(false);
    expect(await text('phase-reporting')).toContain('edges measure and report');
    shown.watch.setState(people(1));
    await shown.page.getByTestId('column-age').waitFor();
    expect(await text('result-words')).toBe('7 rows at 3 edges; no number rests on fewer than 2.');
    expect(await text('column-age')).toContain('6 values of 3 edges, 14.3 % missing, mean 48.33 ± 22.67');
    const pictures = shown.page.getByTestId('column-age').locator('svg');
    expect(await pictures.nth(0).getAttribute('aria-label')).toBe('Histogram of age: 6 values in 3 bins from 0 to 90, most of them (3) from 30 to 60');
    // The fullest bin has the whole height, and one with a third of its values a third of it.
    expect(await pictures.nth(0).locator('rect').evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('height'))))).toEqual([31.33, 94, 62.67]);
    expect(await pictures.nth(1).getAttribute('aria-label')).toBe('Quantiles of age: 0 % at most 20, 25 % at most 30, 50 % at most 45, 75 % at most 60, 100 % at most 90');
    expect(await shown.page.getByTestId('column-<b>city</b>').innerText()).toMatch(/<b>city<\/b>[^]*Rome\s+5, 83\.3 %/);
    expect(await text('column-income')).toContain('Withheld: fewer than 2 edges have the column "income".');
    // −3 / √(4 · 9).
    expect(await shown.page.getByTestId('covariance').locator('rect').nth(1).getAttribute('fill-opacity')).toBe('0.5');
    expect(await text('covariance')).toContain('age, height, in this order');
    expect(await shown.page.getByTestId('covariance').locator('rect').nth(1).getAttribute('class')).toBe('result-below');
    expect(await text('result-findings')).toMatch(/age, missing: 14\.3 % of the values are missing[^]*<b>city<\/b>, skewed/);
    shown.watch.setState(people(2));
    await shown.page.getByTestId('result-words').and(shown.page.locator(':text("70 rows")')).waitFor();
    shown.watch.setState(liveState());
    await shown.page.getByTestId('result').waitFor({ state: 'hidden' });
    for (const judged of ['curve-accuracy', 'figure-accuracy', 'figure-loss']) expect(await shown.page.getByTestId(judged).isVisible(), judged).toBe(true);
    expect(await text('phase-reporting')).toContain('edges train and report');
    expect(await headings()).toEqual(['Round', 'Outcome', 'Reports', 'Accuracy', 'Training loss', 'Took', 'Up', 'Down']);
    expect(shown.errors).toEqual([]);
  });

  it('takes what edges find for its figures where nobody else judges, and offers the version that is best', async () => {
    const judged = { edges: 8, examples: 960, loss: 0.62, accuracy: 0.8, mean: 0.78, deviation: 0.06, worstDecile: 0.61, bestDecile: 0.93, strata: null };
    const alone = { accuracy: null, loss: null };
    shown.watch.setState(liveState({ tasks: [liveTask({ ...alone, status: 'finished', phase: null, targetAccuracy: null, best: 20 })] }));
    shown.watch.addRounds('mnist-2nn', [liveRound(23, { ...alone, evaluation: { version: 22, shared: judged, personal: null } }), liveRound(24, { ...alone, version: null, outcome: 'aborted', reason: 'too few' })]);
    await open();
    await shown.page.getByTestId('round-24').waitFor();
    expect(await text('figure-accuracy')).toMatch(/78\.00 %\s+mean of 8 edges, on what they hold back\s+version 22, worst tenth 61\.00 %/);
    expect(await text('figure-loss')).toMatch(/0\.620/);
    // Round 24 was aborted: the number of the round says nothing of the limit.
    expect(await text('figure-round')).toMatch(/24\s+23 of 200 committed/);
    expect(await shown.page.getByTestId('task-note').locator('code').textContent()).toBe('npm run --silent murmur -- models export mnist-2nn --version best --format tfjs --out mnist-2nn');
    expect(await shown.page.getByTestId('curve-accuracy').isVisible()).toBe(false);
    // A central evaluation goes before.
    shown.watch.addRounds('mnist-2nn', [liveRound(25, { accuracy: 0.9, loss: 0.3 })]);
    await shown.page.getByTestId('figure-accuracy').filter({ hasText: '90.00 %' }).waitFor();
    expect(await text('figure-accuracy')).toMatch(/on held-out examples\s+best 90\.00 %, in round 25/);
    expect(await shown.page.getByTestId('curve-accuracy').isVisible()).toBe(true);
    expect(shown.errors).toEqual([]);
  });

  it('gives the reason of every decision and of every aborted round', async () => {
    shown.watch.setState(
      liveState({
        edges: [
          liveEdge(0, { name: 'phone', activity: 'waiting', conditions: liveConditions({ battery: 0.14, charging: false, network: 'cellular', metered: true }), reason: 'battery 0.14 is below 0.3' }),
          liveEdge(1, { name: 'tablet', conditions: liveConditions({ battery: 'unknown', charging: 'unknown', network: 'unknown', metered: 'unknown' }) }),
          liveEdge(2, { name: 'gone', connected: false, activity: 'away', conditions: null, capabilities: null, reason: '' }),
        ],
        edgesInAll: 41,
      }),
    );
    shown.watch.addRounds('mnist-2nn', [liveRound(7, { outcome: 'aborted', reason: 'the deadline came with 3 of at least 5 reports', version: null, accuracy: null, loss: null, trainLoss: null, reported: 3 })]);
    await open();
    await shown.page.getByTestId('round-7').waitFor();
    const row = async (n: number): Promise<string> => (await text(`edge-${liveEdge(n).edge}`)).replace(/\s+/g, ' ');
    expect(await row(0)).toContain('14 % not charging cellular metered waiting battery 0.14 is below 0.3');
    expect(await row(1)).toMatch(/browser|node, wasm .* unknown unknown training/);
    expect(await row(2)).toContain('unknown not known now not known now away –');
    expect(await text('edges-count')).toBe('2 connected, 3 of 41 shown');
    expect((await text('round-7')).replace(/\s+/g, ' ')).toMatch(/^7 aborted the deadline came with 3 of at least 5 reports 3 \/ 10 – – /);
    expect(await text('figure-version')).toContain('1 round aborted');
    expect(await shown.page.getByTestId('edges').locator('thead th').allInnerTexts()).toEqual(['Edge', 'Runs on', 'Power', 'Network', 'Does now', 'Last decision about it', 'Examples', 'Reports merged']);
    expect(shown.errors).toEqual([]);
  });

  it('keeps hostile names as text', async () => {
    const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
    shown.watch.setState(
      liveState({
        tasks: [liveTask({ description: hostile }), liveTask({ task: 'other', status: 'stopped', statusReason: hostile })],
        edges: [liveEdge(0, { name: hostile, activity: hostile, reason: hostile })],
      }),
    );
    shown.watch.addRounds('mnist-2nn', [liveRound(1, { outcome: 'aborted', reason: hostile })]);
    await open();
    await shown.page.getByTestId('round-1').waitFor();
    expect(await shown.page.locator('main img, main script').count()).toBe(0);
    const row = shown.page.getByTestId(`edge-${liveEdge(0).edge}`);
    expect(await row.locator('.edge-name').textContent()).toBe(hostile);
    expect(await row.locator('.reason .cell').textContent()).toBe(hostile);
    await shown.page.getByTestId('task-select').selectOption('other');
    await shown.page.getByTestId('task-note').waitFor();
    expect(await text('task-note')).toContain(hostile);
    expect(await shown.page.title()).not.toContain('owned');
    expect(shown.errors).toEqual([]);
  });

  it('says of a round who was chosen and why, in a table that can be sorted, with counts by reason', async () => {
    const id = (n: number): string => `e${String(n).padStart(20, '0')}`;
    const one = (n: number, fields: object): object => ({ edge: id(n), assignment: null, status: 'rejected', reason: 'a reason', examples: 10 * n, at: 0, facts: null, ...fields });
    const hostile = '<img src=x onerror="document.title=\'owned\'">';
    shown.watch.answers.set('/api/tasks/mnist-2nn/rounds/7', {
      type: 'application/json',
      body: JSON.stringify({
        round: { ...liveRound(7), selected: 1, reasons: { battery: 1200, 'not-drawn': 1 } },
        participations: [
          one(1, { assignment: 'mnist-2nn.7.0', status: 'reported', reason: 'drawn: 1 of 2', facts: { score: 0.75, scores: { speed: 0.5 }, draw: 0.125 } }),
          one(2, { facts: { failed: { criterion: 'battery', value: 0.5, threshold: 0.6 } } }),
          one(3, { status: 'not-drawn', reason: hostile, facts: { score: 0.25 } }),
          one(4, { facts: { failed: { criterion: 'battery', value: 0.125, threshold: 0.6 } } }),
        ],
      }),
    });
    shown.watch.addRounds('mnist-2nn', [liveRound(7, { selected: 1 }), liveRound(8)]);
    await open();
    expect(await shown.page.getByTestId('round-panel').isVisible()).toBe(false);
    await shown.page.getByTestId('round-7').click();
    await shown.page.getByTestId(`decision-${id(4)}`).waitFor();
    expect(await text('round-panel-title')).toBe('Round 7: who was chosen, and why');
    expect(await text('round-panel-count')).toBe('1\u202f202 considered, 1 chosen');
    expect(await text('round-panel-note')).toBe('1\u202f198 more are in the counts alone.');
    expect((await shown.page.getByTestId('round-reasons').locator('li').allInnerTexts()).map((line) => line.replace(/\s+/g, ' '))).toEqual(['chosen 1', 'battery 1\u202f200', 'not-drawn 1'].map((line) => line.replace(/\s+/g, ' ')));
    expect(await shown.page.getByTestId('reason-battery').locator('progress').evaluate((bar: HTMLProgressElement) => bar.position)).toBe(1);
    expect((await text(`decision-${id(1)}`)).replace(/\s+/g, ' ')).toBe(`${id(1)} reported 10 score 0.75 (speed 0.5), draw 0.125 drawn: 1 of 2`);
    expect((await text(`decision-${id(2)}`)).replace(/\s+/g, ' ')).toContain('battery: 0.5, asked 0.6');
    const order = async (): Promise<string[]> => (await shown.page.getByTestId('decisions').locator('tbody code').allInnerTexts()).map((edge) => edge.slice(-1));
    expect(await order()).toEqual(['3', '2', '4', '1']);
    await shown.page.getByTestId('sort-restsOn').click();
    // By criterion, within it by the value: 0.125 before 0.5.
    expect(await order()).toEqual(['4', '2', '3', '1']);
    await shown.page.getByTestId('sort-examples').click();
    await shown.page.getByTestId('sort-examples').click();
    expect(await order()).toEqual(['4', '3', '2', '1']);
    expect(await shown.page.getByTestId('decisions').locator('th[aria-sort=descending]').innerText()).toContain('Examples');
    expect(await shown.page.locator('main img').count()).toBe(0);
    await shown.page.getByTestId('round-8').getByRole('button').press('Enter');
    await shown.page.getByTestId('round-panel-note').filter({ hasText: 'no record of this round (404)' }).waitFor();
    expect(await order()).toEqual([]);
    await shown.page.getByTestId('round-panel-close').click();
    expect(await shown.page.getByTestId('round-panel').isVisible()).toBe(false);
    expect(await shown.page.title()).not.toContain('owned');
    // The browser itself says that a request was answered 404; the page says nothing.
    expect(shown.errors.filter((error) => !error.includes('404'))).toEqual([]);
  });

  it('calls the edges of a round by name, and shows all of it on a phone, without breaking a word', async () => {
    const { edge } = liveEdge(0);
    const facts = { score: 0.75, scores: { speed: 0.5, battery: 0.25 }, draw: 0.125 };
    const one = { edge, assignment: 'mnist-2nn.7.0', status: 'reported', reason: 'drawn: 10 of 10 eligible edges were drawn uniformly', examples: 6000, at: 0, facts };
    const others = Array.from({ length: 20 }, (_, n) => ({ ...one, edge: liveEdge(n + 2).edge, assignment: null, status: 'not-drawn' }));
    shown.watch.answers.set('/api/tasks/mnist-2nn/rounds/7', { type: 'application/json', body: JSON.stringify({ round: liveRound(7), participations: [one, ...others] }) });
    shown.watch.addRounds('mnist-2nn', [liveRound(7)]);
    for (const width of [1440, 800, 390]) {
      await shown.page.setViewportSize({ width, height: 844 });
      await open();
      await shown.page.getByTestId('round-7').getByRole('button').click();
      const row = shown.page.getByTestId(`decision-${edge}`);
      await row.waitFor();
      expect(await row.locator('.edge-name').innerText()).toBe('agent 0');
      expect(await shown.page.getByTestId('decisions').locator('tbody .edge-name').count()).toBe(1);
      expect(await row.locator('td[data-label=Examples]').isVisible()).toBe(true);
      const box = shown.page.getByTestId('decisions-box');
      expect(await box.evaluate((element) => [element.scrollWidth > element.clientWidth, element.scrollHeight > element.clientHeight])).toEqual([false, true]);
      // Each word stands in one line: all of its characters have one height.
      expect(await row.evaluate((element) => [...element.querySelectorAll('.cell, .cell span, .cell code')].flatMap((cell) => [...cell.childNodes]).filter((node) => node.nodeType === Node.TEXT_NODE).flatMap((node) =>
        [...(node.textContent ?? '').matchAll(/[^\s-]+/g)].filter((word) => {
          const range = document.createRange();
          range.setStart(node, word.index);
          range.setEnd(node, word.index + word[0].length);
          return range.getClientRects().length > 1;
        }).map(([word]) => word)))).toEqual([]);
    }
    expect(shown.errors).toEqual([]);
  });

  it('cuts neither the last decision about an edge nor the command that takes the model, and copies the latter', async () => {
    const command = 'npm run --silent murmur -- models export mnist-2nn --format tfjs --out mnist-2nn';
    await shown.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    shown.watch.setState(liveState({ tasks: [liveTask({ status: 'finished', phase: null })], edges: [liveEdge(0, { reason: 'round 24 of mnist-2nn: the battery is at 0.14, must be at least 0.3 while it is not charging' })] }));
    for (const width of [1440, 390]) {
      await shown.page.setViewportSize({ width, height: 844 });
      await open();
      expect(await shown.page.locator('#edges-body .reason .cell').evaluate((cell) => cell.scrollHeight > cell.clientHeight)).toBe(false);
      const code = shown.page.getByTestId('task-note').locator('code');
      expect(await code.textContent()).toBe(command);
      const room = (await shown.page.getByTestId('task-note').boundingBox())?.width ?? 0;
      expect(await code.evaluate((element) => element.scrollWidth)).toBeLessThan(room);
      await shown.page.getByTestId('copy').click();
      await shown.page.getByTestId('copy').filter({ hasText: 'Copied' }).waitFor();
      expect(await shown.page.evaluate(() => navigator.clipboard.readText())).toBe(command);
    }
    // From a page that came without TLS from elsewhere: no clipboard, but the command is selected.
    await shown.page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await shown.page.getByTestId('task-name').click();
    await shown.page.getByTestId('copy').click();
    await shown.page.getByTestId('copy').filter({ hasText: 'Selected' }).waitFor();
    expect(await shown.page.evaluate(() => getSelection()?.toString())).toBe(command);
    expect(shown.errors).toEqual([]);
  });

  it('lets the reader choose among tasks and keeps the choice over a reload', async () => {
    shown.watch.setState(liveState({ tasks: [liveTask(), liveTask({ task: 'done-one', status: 'finished', statusReason: 'accuracy 0.971 reached the target', phase: null, accuracy: 0.971 })] }));
    await open();
    expect(await text('task-name')).toBe('mnist-2nn');
    await shown.page.getByTestId('task-select').selectOption('done-one');
    await shown.page.getByTestId('task-name').filter({ hasText: 'done-one' }).waitFor();
    expect(await text('task-note')).toContain('accuracy 0.971 reached the target');
    expect(await phases()).toEqual(Array<string>(5).fill('idle'));
    await shown.page.reload();
    await shown.page.getByTestId('task-name').filter({ hasText: 'done-one' }).waitFor();
    expect(shown.errors).toEqual([]);
  });

  it('says what to do where there is nothing yet', async () => {
    shown.watch.setState(liveState({ tasks: [], edges: [] }));
    await open();
    expect(await text('no-task')).toContain('npm run --silent murmur -- task create my-task.json');
    shown.watch.setState(liveState({ tasks: [liveTask({ status: 'created', phase: null, round: 0, version: 0, accuracy: null, loss: null })], edges: [] }));
    await shown.page.getByTestId('task-note').waitFor();
    expect(await shown.page.getByTestId('no-task').isVisible()).toBe(false);
    expect(await text('task-note')).toContain('task start mnist-2nn');
    expect(await shown.page.locator('#no-edges').innerText()).toContain(`agent --url ${shown.watch.url}`);
    expect(await text('figure-accuracy')).toContain('–');
    expect(shown.errors).toEqual([]);
  });

  it('says that the coordinator is away, and goes on by itself when it is back', async () => {
    await open();
    expect(await shown.page.getByTestId('away').isVisible()).toBe(false);
    await shown.watch.goAway();
    await shown.page.getByTestId('away').waitFor();
    expect(await text('away')).toContain('This page keeps trying');
    expect(await text('task-name')).toBe('mnist-2nn');
    await shown.watch.comeBack();
    shown.watch.setState(liveState({ tasks: [liveTask({ round: 30 })] }));
    await shown.page.getByTestId('away').waitFor({ state: 'hidden' });
    await shown.page.getByTestId('phase-round').filter({ hasText: 'Round 30' }).waitFor();
  });

  it('moves nothing while it updates, and fits a phone', async () => {
    await shown.page.setViewportSize({ width: 390, height: 844 });
    await open();
    const places = (): Promise<unknown> => shown.page.evaluate(() => [...document.querySelectorAll('.figure, .phases-card, .curve, .edges tbody tr')].map((box) => [box.getBoundingClientRect().top + window.scrollY, box.getBoundingClientRect().height]));
    const before = await places();
    shown.watch.setState(liveState({ tasks: [liveTask({ reported: 8, accuracy: 0.9688, loss: 0.1199, bytesUp: 999_900_000, bytesDown: 1_100_000_000 })], edges: [liveEdge(0, { activity: 'waiting', contributions: 20 }), liveEdge(1, { activity: 'reporting' })] }));
    await shown.page.getByTestId('figure-reports').filter({ hasText: '8 / 8' }).waitFor();
    expect(await places()).toEqual(before);
    expect(await shown.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    shown.watch.addRounds('mnist-2nn', [liveRound(1234, { reported: 88, selected: 100, durationMs: 65_000 })]);
    await shown.page.getByTestId('round-1234').waitFor();
    // Headings side by side leave room for a space between them.
    expect(await shown.page.evaluate(() => {
      const texts = [...document.querySelectorAll('.rounds th')].filter((head) => head.getClientRects().length > 0).map((head) => {
        const range = document.createRange();
        range.selectNodeContents(head);
        return range.getBoundingClientRect();
      });
      return texts.slice(1).filter(({ left }, i) => left < texts[i].right + 4).length;
    })).toBe(0);
    expect(await shown.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(shown.errors).toEqual([]);
  });
});
