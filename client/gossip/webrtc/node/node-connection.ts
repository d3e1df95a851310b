/** WebRTC in Node: `node-datachannel`, an optional package, whose binding (libdatachannel) runs in threads of its own. */
import type { DataChannel, PeerConnection, RtcConfig } from 'node-datachannel';
import { MurmurError } from '../../../../shared/errors.ts';
import type { IceServer } from '../../introducer.ts';
import { CHANNEL_ID, CHANNEL_LABEL, FAREWELL, FLUSH_MS, type OpenRtcConnection, type RtcConnection, type RtcEvents, type RtcOptions } from '../rtc-connection.ts';
import { PACKET_BYTES, type DescriptionType } from '../signals.ts';

type Library = Pick<typeof import('node-datachannel'), 'PeerConnection'>;

/**
 * Bytes of a packet where both ends are on one machine: three times what a network takes, which halves the time of an
 * exchange. Beyond about 4,150 the library loses all that it sends, and Chromium all beyond 2,048 that it gets.
 */
const LOOPBACK_PACKET_BYTES = 4096;
const isLoopback = (address: string | null): boolean => address !== null && (address.startsWith('127.') || address === '::1');

let library: Promise<Library> | null = null;

/** @throws unavailable: it is not installed, or does not load here */
function loadLibrary(): Promise<Library> {
  library ??= import('node-datachannel').catch((thrown: unknown) => {
    library = null;
    throw new MurmurError('unavailable', 'peers need WebRTC, which is the optional package node-datachannel in Node: it is not installed, or has no binary for this machine (`npm install node-datachannel`)', { cause: thrown });
  });
  return library;
}

/** STUN and TURN servers as the library takes them. @throws bad_config */
function configOf({ iceServers, bindAddress }: RtcOptions, mtu: number): RtcConfig {
  return { iceServers: iceServers.flatMap(serversOf), mtu, ...(bindAddress === null ? {} : { bindAddress }) };
}

function serversOf({ urls, username, credential }: IceServer): RtcConfig['iceServers'] {
  return urls.map((url) => {
    const [, scheme, hostname, port, query] = /^(stuns?|turns?):(\[[^\]]+\]|[^:?[\]]+)(?::(\d+))?(?:\?(.*))?$/.exec(url) ?? [];
    if (scheme === undefined) throw new MurmurError('bad_config', `${url} is no address of a STUN or TURN server (stun:HOST:PORT, turn:HOST:PORT?transport=udp)`);
    if (scheme.startsWith('stun')) return `stun:${hostname}:${port ?? 3478}`;
    const relayType = scheme === 'turns' ? 'TurnTls' : query === 'transport=tcp' ? 'TurnTcp' : 'TurnUdp';
    return { hostname, port: Number(port ?? (scheme === 'turns' ? 5349 : 3478)), username, password: credential, relayType };
  });
}

/** Each of a connection, for as long as the library has a hold on it. */
let connections = 0;
/** Connections that the library has not let go of: none are left when all are closed. */
export const openConnections = (): number => connections;

export const openNodeConnection: OpenRtcConnection = async (options, events) => {
  const { PeerConnection: Connection } = await loadLibrary();
  const packetBytes = isLoopback(options.bindAddress) ? Math.min(LOOPBACK_PACKET_BYTES, options.mostPacketBytes ?? Infinity) : PACKET_BYTES;
  const peer = new Connection(CHANNEL_LABEL, configOf(options, packetBytes));
  connections++;
  return wrap(peer, packetBytes, events);
};

function wrap(peer: PeerConnection, sendsPacketBytes: number, events: RtcEvents): RtcConnection {
  /** What was opened is open or being opened; `closing`: what was sent goes out, and nothing is told any more. */
  let state: 'open' | 'closing' | 'closed' = 'open';
  let channel: DataChannel | null = null;
  let drainedAt = 0;
  let cancelFlush: (() => void) | null = null;
  /** Callbacks by which the library holds the process until it has called them: the connection's, and its channel's. */
  let held = 1;

  function letGo(): void {
    if (--held === 0) connections--;
  }

  /** What a handler throws would end the process in the library's thread: it is told as the connection's end instead. */
  function tell(how: () => void): void {
    if (state !== 'open') return;
    try {
      how();
    } catch (thrown) {
      end(`internal: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  function end(reason: string): void {
    if (state !== 'open') return;
    release();
    try {
      events.onEnd(reason);
    } catch (thrown) {
      // A mistake of this side's own: it ends the process as any other would, and not from within the library's call.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  function release(): void {
    if (state === 'closed') return;
    state = 'closed';
    cancelFlush?.();
    cancelFlush = null;
    // The channel closes with it, and is not closed by itself: were the other side's word of its end just being heard, the library
    // would forget `onClosed` uncalled, and with it hold the process for good.
    peer.close();
  }

  const gone = (reason: string): void => (state === 'closing' ? release() : end(reason));

  // The library lets go of a connection, and so of the process, when this and the channel's `onClosed` are set and have been called.
  peer.onStateChange((now) => {
    if (now === 'closed') letGo();
    if (now === 'closed' || now === 'failed') gone(now === 'failed' ? 'disconnected: no path to the other side, or none any more' : 'disconnected: the other side closed');
  });
  peer.onLocalDescription((sdp, type) => tell(() => events.onDescription(sdp, type as DescriptionType)));
  peer.onLocalCandidate((candidate, mid) => tell(() => events.onCandidate(candidate, mid)));

  function openChannel(): void {
    channel = peer.createDataChannel(CHANNEL_LABEL, { negotiated: true, id: CHANNEL_ID });
    held++;
    // In this order: the library calls those that were set first before the others, and forgets messages once the end is told.
    channel.onOpen(() => tell(() => events.onOpen()));
    channel.onMessage((message) => {
      if (message === FAREWELL) gone('disconnected: the other side closed');
      else if (typeof message === 'string') end('bad_message: text where bytes are spoken');
      else tell(() => events.onMessage(message instanceof ArrayBuffer ? new Uint8Array(message) : new Uint8Array(message.buffer, message.byteOffset, message.byteLength)));
    });
    channel.onClosed(() => {
      letGo();
      gone('disconnected: the other side closed');
    });
    channel.onError((message) => end(`disconnected: ${message}`));
    channel.onBufferedAmountLow(() => tell(() => events.onDrained()));
    channel.setBufferedAmountLowThreshold(drainedAt);
  }

  return {
    sendsPacketBytes,
    takesPacketBytes: LOOPBACK_PACKET_BYTES,
    offer: openChannel,
    describe(sdp, type) {
      peer.setRemoteDescription(sdp, type);
      if (type === 'offer') openChannel();
    },
    addCandidate(candidate, mid) {
      try {
        peer.addRemoteCandidate(candidate, mid);
      } catch {
        // One that it cannot use; whether the others do is seen by whether there is a connection.
      }
    },
    get bufferedAmount() {
      return state === 'open' && channel !== null ? channel.bufferedAmount() : 0;
    },
    send(message) {
      channel?.sendMessageBinary(message);
    },
    setDrainedAt(bytes) {
      drainedAt = bytes;
      channel?.setBufferedAmountLowThreshold(bytes);
    },
    close(flush) {
      if (state !== 'open') return;
      if (!flush || channel === null || !channel.isOpen()) return release();
      state = 'closing';
      try {
        channel.sendMessage(FAREWELL);
      } catch {
        return release();
      }
      const timer = setTimeout(release, FLUSH_MS);
      cancelFlush = () => clearTimeout(timer);
    },
  };
}
