/** The channels of a mesh: at most one a peer, their signs of life, and what went through them. */
import type { Clock } from '../../shared/clock.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Channel } from './channel.ts';
import { createFailureDetector } from './failure-detector.ts';
import { noneByKind, type ByKind } from './mesh-events.ts';

export interface OpenChannel {
  readonly peer: EdgeId;
  readonly channel: Channel;
  /** When one of the two owners last sent something; by the clock. */
  usedAt: number;
  /** The other side said why it will be closed: it leaves for good, or nobody used it. */
  farewell: 'leave' | 'release' | null;
}

export interface OpenChannelsOptions {
  readonly quietMs: number;
  readonly deadMs: number;
  readonly clock: Clock;
  readonly ask: (one: OpenChannel) => void;
  readonly onSuspect: (peer: EdgeId) => void;
  readonly onFrame: (one: OpenChannel, frame: Uint8Array) => void;
  /** Called once for each. */
  readonly onClosed: (one: OpenChannel, reason: string) => void;
}

export interface OpenChannels {
  readonly peers: readonly EdgeId[];
  readonly all: readonly OpenChannel[];
  get(peer: EdgeId): OpenChannel | undefined;
  /** A channel that there was to the same peer is closed: who opens one anew has lost it. */
  add(peer: EdgeId, channel: Channel): void;
  close(peer: EdgeId, reason: string): void;
  readonly open: ByKind;
  readonly opened: ByKind;
  readonly bytesSent: ByKind;
  readonly bytesReceived: ByKind;
  stop(): void;
}

export function createOpenChannels({ quietMs, deadMs, clock, ask, onSuspect, onFrame, onClosed }: OpenChannelsOptions): OpenChannels {
  const open = new Map<EdgeId, OpenChannel>();
  const opened = noneByKind();
  const sent = noneByKind();
  const received = noneByKind();

  const detector = createFailureDetector({
    quietMs,
    deadMs,
    clock,
    ask(peer) {
      const one = open.get(peer);
      if (one !== undefined) ask(one);
    },
    onSuspect,
    onDead: (peer) => close(peer, `no sign of life for ${deadMs} ms`),
  });

  function close(peer: EdgeId, reason: string): void {
    const one = open.get(peer);
    if (one === undefined) return;
    ended(one, reason);
    one.channel.close(reason);
  }

  function ended(one: OpenChannel, reason: string): void {
    if (open.get(one.peer) !== one) return;
    open.delete(one.peer);
    detector.forget(one.peer);
    sent[one.channel.kind] += one.channel.bytesSent;
    received[one.channel.kind] += one.channel.bytesReceived;
    onClosed(one, reason);
  }

  const withOpen = (past: ByKind, of: (channel: Channel) => number): ByKind => {
    const sum = { ...past };
    for (const { channel } of open.values()) sum[channel.kind] += of(channel);
    return sum;
  };

  return {
    get peers() {
      return [...open.keys()].sort();
    },
    get all() {
      return [...open.values()];
    },
    get: (peer) => open.get(peer),
    add(peer, channel) {
      close(peer, 'another channel takes its place');
      const one: OpenChannel = { peer, channel, usedAt: clock.now(), farewell: null };
      open.set(peer, one);
      opened[channel.kind]++;
      detector.watch(peer);
      channel.onSign(() => {
        if (open.get(peer) === one) detector.heard(peer);
      });
      channel.onFrame((frame) => onFrame(one, frame));
      channel.onClose((reason) => ended(one, reason));
    },
    close,
    get open() {
      return withOpen(noneByKind(), () => 1);
    },
    get opened() {
      return { ...opened };
    },
    get bytesSent() {
      return withOpen(sent, ({ bytesSent }) => bytesSent);
    },
    get bytesReceived() {
      return withOpen(received, ({ bytesReceived }) => bytesReceived);
    },
    stop: () => detector.stop(),
  };
}
