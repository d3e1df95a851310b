import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { badFrames, MAX_NORM } from '../helpers/bad-frames.ts';
import { hello, openHandEdge, signed, toyReport } from '../helpers/hand-edge.ts';
import { selectHands, startLiveServer, type LiveServer, type SelectedHand } from '../helpers/live-server.ts';
import { openRawWebSocket, type RawWebSocket } from '../helpers/raw-websocket.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { toySchema } from '../helpers/toy-task.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

// Three are asked, two reports close the round; no deadline comes near.
const SPEC = toySpec({ round: { goal: 2, overSelection: 1.5, configurationSeconds: 3600, reportingSeconds: 3600 }, limits: { maxNorm: MAX_NORM }, stop: { rounds: 1 } });
const MAX_BYTES = 100_000;

let live: LiveServer;
let hands: readonly SelectedHand[];
const codeOf = async (promise: Promise<unknown>): Promise<string> => (await thrownBy(() => promise)).code;

beforeAll(async () => {
  live = await startLiveServer({ maxReportBytes: MAX_BYTES });
  await live.runTask(SPEC);
  hands = await selectHands(live, 'line', 3);
});
afterAll(() => live.stop());

async function raw(headers: Record<string, string> = {}): Promise<RawWebSocket> {
  const opened = await openRawWebSocket(live.server.url, headers);
  if ('status' in opened) throw new Error(`refused: ${opened.status} ${opened.body}`);
  return opened;
}

/** A raw socket in the namespace of edges. */
async function rawEdge(): Promise<RawWebSocket> {
  const socket = await raw();
  await socket.text((text) => text.startsWith('0{'));
  socket.sendText('40/edge,');
  await socket.text((text) => text.startsWith('40/edge,'));
  return socket;
}

describe('over real sockets', () => {
  it('each wrong report gets its code and changes nothing', async () => {
    const [one, , liar] = hands;
    const state = live.server.coordinator.driver('line' as never).state();
    for (const { name, frame, code } of badFrames(liar.assign.assignment, one.assign.assignment, toySchema(SPEC))) {
      expect(`${name}: ${await codeOf(liar.hand.report(liar.assign.assignment, frame))}`).toBe(`${name}: ${code}`);
    }
    const stranger = await live.handEdge();
    expect(await codeOf(stranger.report(liar.assign.assignment, toyReport(liar.assign.assignment, [4, 4])))).toBe('not_selected');
    expect(await codeOf(liar.hand.report(liar.assign.assignment, new Uint8Array(MAX_BYTES + 1)))).toBe('too_large');
    expect(live.server.coordinator.driver('line' as never).state()).toBe(state);
  });

  it('who does not say hello, or signs with another key, is not let in', async () => {
    const [{ hand }] = hands;
    const link = await live.connect();
    expect(await codeOf(link.request('tasks', {}))).toBe('not_authenticated');
    expect(await codeOf(hello(link, 2))).toBe('unsupported_version');
    const { challenge } = await hello(link);
    expect(await codeOf(link.request('authenticate', { edge: hand.edge, signature: signed('authenticate', challenge, generateKeyPair()) }))).toBe('bad_signature');
    expect(await codeOf(openHandEdge(await live.connect(), { token: 'guessed' }))).toBe('bad_token');
  });

  it('messages that no client sends get a coded answer', async () => {
    const socket = await rawEdge();
    const answers: [sent: string, answer: string][] = [
      ['42/edge,1[5,{}]', '43/edge,1['],
      ['42/edge,2["__proto__",{}]', '43/edge,2['],
      ['42/edge,3["report"]', '43/edge,3['],
      ['42/edge,4["report",{"assignment":"line.1.0","frame":{"type":"Buffer","data":[1]}}]', '43/edge,4['],
      ['42/edge,5["hello",{"protocol":{"major":1,"minor":0},"software":"x","__proto__":{"a":1}},1,2,3]', '43/edge,5['],
      ['42/edge,6["tasks",null,null,null]', '43/edge,6['],
    ];
    for (const [sent, answer] of answers) {
      socket.sendText(sent);
      const said = await socket.text((text) => text.startsWith(answer));
      expect(said).toContain('"ok":false');
      expect(said).toContain('"code":"bad_message"');
    }
    // Without an acknowledgement asked for, there is nothing to answer; it goes on all the same.
    socket.sendText('42/edge,["report",{}]');
    socket.sendText('42/edge,9["hello",{"protocol":{"major":1,"minor":0},"software":"x"}]');
    expect(await socket.text((text) => text.startsWith('43/edge,9['))).toContain('"ok":true');
    socket.close();
  });

  it('garbage ends the connection that it came by, and no other', async () => {
    const edges: (() => Promise<RawWebSocket>)[] = [raw, rawEdge];
    const garbage: ((socket: RawWebSocket) => void)[] = [
      (socket) => socket.sendBytes(Uint8Array.of(0xc1, 0xc1)),
      (socket) => socket.sendBytes(randomBytes(4096).fill(0xff, 0, 16)),
      (socket) => socket.sendText('garbage'),
      (socket) => socket.sendText('42/edge,["disconnect"]'),
      (socket) => socket.sendText('42/edge,{"no":"array"}'),
      (socket) => socket.sendText('451-/edge,["report",{"_placeholder":true,"num":99}]'),
      (socket) => socket.sendText(`4${'9'.repeat(400)}`),
      // One length beyond what is taken: the length alone hangs up.
      (socket) => socket.sendBytes(Uint8Array.of(0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0)),
      (socket) => socket.sendBinary(new Uint8Array(3 << 20)),
    ];
    for (const open of edges) {
      for (const [i, send] of garbage.entries()) {
        const socket = await open();
        send(socket);
        if (i === 5) socket.sendBinary(Uint8Array.of(1, 2, 3));
        await socket.closed;
      }
    }
    expect((await live.api('/healthz')).body).toEqual({ ok: true });
  });

  it('whoever only watches can say what he likes', async () => {
    const socket = await raw();
    socket.sendText('40/watch,');
    await socket.text((text) => text.startsWith('42/watch,["state"'));
    socket.sendText('42/watch,1["state",{"tasks":[]}]');
    socket.sendText('42/watch,["rounds",["line",[]]]');
    socket.sendText('40/nowhere,');
    expect(await socket.text((text) => text.startsWith('44/nowhere,'))).toContain('Invalid namespace');
    socket.close();
  });

  it('the round commits with the honest edges’ numbers', async () => {
    const [one, two, liar] = hands;
    const send = ({ hand, assign: { assignment } }: SelectedHand, delta: [number, number], weight: number): Promise<{ outcome: string }> => hand.report(assignment, toyReport(assignment, delta, weight));
    expect(await send(one, [0.5, -0.25], 1)).toMatchObject({ outcome: 'accepted' });
    expect(await send(one, [4, 4], 9)).toMatchObject({ outcome: 'duplicate' });
    expect(await send(two, [0.25, 0.75], 3)).toMatchObject({ outcome: 'accepted' });
    await live.untilRounds(1);
    expect(live.rounds[0]).toMatchObject({ outcome: 'committed', selected: 3, reported: 2 });
    // (1 · 0.5 + 3 · 0.25) / 4 and (1 · −0.25 + 3 · 0.75) / 4
    expect(await live.weightsOf('line', 1)).toEqual([0.3125, 0.5]);
    expect(await codeOf(send(liar, [4, 4], 1))).toBe('unknown_assignment');
  });
});
