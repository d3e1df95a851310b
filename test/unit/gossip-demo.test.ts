import { describe, expect, it } from 'vitest';
import { createModelGatherer, meanModel } from '../../cli/demo/gossip-models.ts';
import { describeFigures, figuresOf, renderSwarm } from '../../cli/demo/gossip-view.ts';
import { createStyle } from '../../cli/demo/style.ts';
import { withSwarm } from '../../shared/protocol/swarm-state.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createLayout, createParameters } from '../../shared/tensors/layout.ts';
import { livePeer, liveSwarm } from '../helpers/live-state.ts';

const LAYOUT = createLayout([{ name: 'a', shape: [3] }]);
const fileOf = (...values: number[]): Uint8Array => encodeCheckpoint(createParameters(LAYOUT, Float32Array.from(values)));
const STATE = withSwarm(null, liveSwarm(3, { peers: [livePeer(0, { round: 4, accuracy: 0.9 }), livePeer(1, { round: 6, accuracy: 0.8, name: 'bad\u001b[2Jname' }), livePeer(2, { accuracy: null })] }));

describe('the demo of gossip', () => {
  it('takes the mean of the peers’ models', () => {
    expect([...decodeCheckpoint(meanModel([fileOf(1, 2, 3), fileOf(3, 4, -3), fileOf(2, 0, 0)])).parameters.values]).toEqual([2, 2, 0]);
  });

  it('gathers the models of those that were asked this time', async () => {
    const asked: number[] = [];
    const gatherer = createModelGatherer(({ id }) => {
      asked.push(id);
      return 2;
    });
    const reply = (id: number, round: number) => ({ id, model: fileOf(0, 0, 0), round, bytesSent: 1, bytesReceived: 2 });
    const first = gatherer.gather();
    for (const message of [{ hello: 1 }, reply(99, 1), reply(1, 5), reply(1, 6)]) gatherer.onMessage(message);
    expect((await first).map(({ round }) => round)).toEqual([5, 6]);
    expect(await createModelGatherer(() => 0).gather()).toEqual([]);
    expect(asked).toEqual([1]);
  });

  it('says how the swarm is in a line', () => {
    expect(describeFigures(figuresOf(STATE))).toBe('round 4 to 6, accuracy 85.00 %, worst 80.00 %, distance 0.420, 3 peers, 3 links, – rounds a minute, 24.0 MB sent');
  });

  it('draws within the terminal, and nothing that a terminal would obey', () => {
    const lines = renderSwarm(STATE, { url: 'http://127.0.0.1:1', task: 'mnist-gossip', target: 0.95, startedAt: 0 }, 61_000, createStyle(false), { columns: 60, rows: 12 });
    expect(lines.length).toBeLessThanOrEqual(11);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(59);
    expect(lines.join('\n')).not.toContain('\u001b');
    expect(lines.join('\n')).toContain('bad[2Jname');
  });
});
