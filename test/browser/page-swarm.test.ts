/** The page of a task in gossip mode in a real browser, under the strictest Content-Security-Policy, fed over a real socket.io. */
import { describe, expect, it } from 'vitest';
import { chromiumIsMissing } from '../helpers/chromium.ts';
import { openDashboardPage } from '../helpers/dashboard-page.ts';
import { LIVE_NOW, livePeer, liveState, liveSwarm, liveTask, peerId } from '../helpers/live-state.ts';

const GOSSIP = liveTask({ task: 'digits', phase: null, goal: 0, targetAccuracy: 0.95, swarm: { connected: 8 } });

describe.skipIf(chromiumIsMissing())('the page of a swarm', () => {
  const shown = openDashboardPage(() => liveState({ tasks: [GOSSIP], edges: [] }));

  const text = async (id: string): Promise<string> => (await shown.page.getByTestId(id).innerText()).replace(/\s+/g, ' ').trim();
  const open = async (): Promise<void> => {
    await shown.page.goto(`${shown.watch.url}/`);
    await shown.page.getByTestId('swarm-view').waitFor();
  };

  it('shows peers and links instead of phases and rounds, and says the same in a table', async () => {
    const peers = [
      livePeer(0, { name: 'ada', accuracy: 0.96, merged: [peerId(1), peerId(2)] }),
      livePeer(1, { name: 'a tab', platform: 'browser', accuracy: 0.94, round: 6, bytesSent: 1_500_000 }),
      livePeer(2, { name: 'carl', accuracy: null, loss: null, round: 0, toldAt: null }),
    ];
    shown.watch.setSwarm(liveSwarm(3, { peers, links: [{ a: peerId(0), b: peerId(1), kind: 'webrtc' }, { a: peerId(1), b: peerId(2), kind: 'relay' }, { a: peerId(0), b: peerId(9), kind: 'webrtc' }], measured: 2 }));
    await open();
    await shown.page.getByTestId(`peer-${peerId(2)}`).waitFor();
    expect(await shown.page.getByTestId('phases').isVisible()).toBe(false);
    expect(await shown.page.getByTestId('edges').isVisible()).toBe(false);
    expect(await text('swarm-words')).toBe('3 peers average with their neighbours; nobody coordinates them.');
    expect(await shown.page.getByTestId('swarm-figures').getByTestId('figure-agreement').innerText()).toMatch(/0\.420/);
    expect(await text(`peer-${peerId(0)}`)).toBe(`ada ${peerId(0)} Node agent learning 5 96.00 % 0.200 2 a tab, carl 8.0 MB`);
    expect(await text(`peer-${peerId(1)}`)).toBe(`a tab ${peerId(1)} browser tab learning 6 94.00 % 0.200 2, 1 relayed nobody 1.5 MB`);
    expect(await text(`peer-${peerId(2)}`)).toContain('joining');
    const graph = shown.page.getByTestId('swarm-graph');
    expect(await graph.locator('.swarm-node[role=button]').count()).toBe(3);
    // Somebody whom only its neighbour tells of.
    expect(await graph.locator('.swarm-node[data-kind=unseen]').count()).toBe(1);
    expect(await graph.locator('.swarm-link').evaluateAll((links) => links.map((link) => link.getAttribute('data-kind')).sort())).toEqual(['relay', 'webrtc', 'webrtc']);
    expect(await shown.page.getByTestId(`node-${peerId(1)}`).getAttribute('aria-label')).toBe('a tab: learning, round 6, accuracy 94.0 %');
    expect(await shown.page.getByTestId('join-link').getAttribute('href')).toBe('join?mode=gossip');
    expect(shown.errors).toEqual([]);
  });

  it('tells of a peer by pointer, keyboard and table', async () => {
    shown.watch.setSwarm(liveSwarm(8));
    await open();
    await shown.page.getByTestId(`node-${peerId(3)}`).waitFor();
    await shown.page.getByTestId(`peer-${peerId(3)}`).getByRole('button').click();
    expect(await text('peer-name')).toBe('peer 3');
    expect(await text('peer-facts')).toMatch(/Does now learning Runs in Node agent Round 5 Accuracy 90\.15 % on its own held-out examples .* Neighbours 2: peer 2, peer 4 Merged last with peer 4 /);
    expect(await shown.page.getByTestId(`node-${peerId(3)}`).getAttribute('aria-pressed')).toBe('true');
    await shown.page.getByTestId(`node-${peerId(0)}`).focus();
    expect(await text('peer-name')).toBe('peer 0');
    await shown.page.keyboard.press('ArrowRight');
    expect(await text('peer-name')).toBe('peer 1');
    await shown.page.keyboard.press('Enter');
    await shown.page.getByTestId('swarm-words').hover();
    await shown.page.keyboard.press('Escape');
    expect(shown.errors).toEqual([]);
  });

  it('waits for peers, and notices who leaves', async () => {
    shown.watch.setSwarm(liveSwarm(0));
    await open();
    await expect.poll(() => text('swarm-words')).toContain('Waiting for peers: nobody is connected here');
    expect(await shown.page.locator('#gossip-command').innerText()).toContain('agent --gossip');
    shown.watch.setSwarm(liveSwarm(1, { peers: [livePeer(0, { round: 0 })], measured: 1, consensusDistance: null }));
    await expect.poll(() => text('swarm-words')).toContain('Waiting for peers: one is here');
    expect(await text(`peer-${peerId(0)}`)).toContain('waiting for peers');
    shown.watch.setSwarm(liveSwarm(5, { now: LIVE_NOW + 1000 }));
    await shown.page.getByTestId(`node-${peerId(4)}`).waitFor();
    shown.watch.setSwarm(liveSwarm(4, { now: LIVE_NOW + 2000 }));
    await shown.page.getByTestId(`node-${peerId(4)}`).waitFor({ state: 'detached' });
    expect(await text('swarm-news')).toContain('peer 4 left');
    expect(await shown.page.locator('.swarm-node.ghost').count()).toBe(1);
    shown.watch.setSwarm(liveSwarm(4, { now: LIVE_NOW + 60_000 }));
    await shown.page.locator('.swarm-node.ghost').waitFor({ state: 'detached' });
    expect(shown.errors).toEqual([]);
  });

  it('holds a hundred peers, and two, at the width of a telephone', async () => {
    await shown.page.setViewportSize({ width: 400, height: 800 });
    shown.watch.setSwarm(liveSwarm(100));
    await open();
    await shown.page.getByTestId(`node-${peerId(99)}`).waitFor();
    for (let round = 6; round < 10; round++) shown.watch.setSwarm(liveSwarm(100, { now: LIVE_NOW + 1000 * round, peers: Array.from({ length: 100 }, (_, n) => livePeer(n, { round, merged: [peerId((n + 1) % 100)], accuracy: 0.9 + 0.005 * round })) }));
    await expect.poll(() => text(`peer-${peerId(99)}`)).toContain('94.50 %');
    expect(await shown.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    expect(await shown.page.getByTestId('curve-swarm-accuracy').getAttribute('aria-label')).toMatch(/^Accuracy of the peers up to .*: mean 94\.5 %, worst 94\.5 %, target 95\.0 %$/);
    shown.watch.setSwarm(liveSwarm(2));
    await shown.page.getByTestId(`node-${peerId(99)}`).waitFor({ state: 'detached' });
    expect(await shown.page.getByTestId('swarm-graph').locator('.swarm-node[role=button]').count()).toBe(2);
    expect(shown.errors).toEqual([]);
  });

  it('shows to who comes late how it came there', async () => {
    shown.watch.setHistory({ task: 'digits', since: LIVE_NOW - 60_000, points: [0, 30, 60].map((at) => ({ at, round: at / 10, accuracy: 0.5 + at / 200, worst: 0.4, distance: 1 })) });
    shown.watch.setSwarm(liveSwarm(3, { now: LIVE_NOW, peers: [0, 1, 2].map((n) => livePeer(n, { round: 6, accuracy: 0.8 })) }));
    await open();
    // Six rounds in a minute: nothing of that was seen by this page.
    await expect.poll(() => shown.page.getByTestId('swarm-figures').getByTestId('figure-pace').innerText()).toMatch(/6\.0/);
    expect(shown.errors).toEqual([]);
  });

  it('keeps hostile names as text', async () => {
    const hostile = '<img src=x onerror="document.title=\'owned\'">';
    shown.watch.setSwarm(liveSwarm(2, { peers: [livePeer(0, { name: hostile }), livePeer(1)] }));
    await open();
    await shown.page.getByTestId(`peer-${peerId(0)}`).getByRole('button').click();
    expect(await text('peer-name')).toBe(hostile);
    expect(await shown.page.title()).not.toContain('owned');
    expect(shown.errors).toEqual([]);
  });
});
