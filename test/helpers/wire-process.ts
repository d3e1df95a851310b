/** A process with one end of a WebRTC wire: sends back the length of each frame that it gets, and says how much memory it held. */
import { createChannel } from '../../client/gossip/channel.ts';
import { openNodeConnection } from '../../client/gossip/webrtc/node/node-connection.ts';
import { createWebRtcTransport } from '../../client/gossip/webrtc/webrtc-transport.ts';
import { systemClock } from '../../shared/clock.ts';
import { NEAR } from './signalling.ts';
import { frameByte, type FrameSeen } from './wire-process-facts.ts';

const tell = (message: unknown): void => void process.send?.(message);
const transport = createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, bindAddress: '127.0.0.1' });
const early: unknown[] = [];
let onSignal: ((signal: unknown) => void) | null = null;
process.on('message', (signal: unknown) => {
  if (onSignal) onSignal(signal);
  else early.push(signal);
});

const wire = await transport.answer({
  peer: NEAR,
  send: (signal) => tell({ signal }),
  onSignal(handler) {
    onSignal = handler;
    for (const signal of early.splice(0)) handler(signal);
  },
}, new AbortController().signal);
const channel = createChannel(wire, { clock: systemClock });
const before = process.memoryUsage.rss();
let peak = before;
channel.onSign(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
});
channel.onFrame((frame) => {
  let right = true;
  for (let i = 0; i < frame.length; i += 4097) right &&= frame[i] === frameByte(i);
  tell({ seen: { length: frame.byteLength, right, before, peak } satisfies FrameSeen });
});
// Nothing but the wire keeps this process: when that has ended, so has it.
channel.onClose(() => process.disconnect?.());
tell({ ready: true });
