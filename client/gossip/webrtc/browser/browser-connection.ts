/** WebRTC on a page. Workers have none: they reach the page's through `port-transport.ts`. */
import { MurmurError } from '../../../../shared/errors.ts';
import { CHANNEL_ID, CHANNEL_LABEL, FAREWELL, FLUSH_MS, type OpenRtcConnection, type RtcConnection, type RtcEvents } from '../rtc-connection.ts';
import { PACKET_BYTES } from '../signals.ts';

export const openBrowserConnection: OpenRtcConnection = async ({ iceServers }, events) => {
  if (typeof RTCPeerConnection === 'undefined') throw new MurmurError('unavailable', 'this browser, or this part of it, has no WebRTC');
  return wrap(new RTCPeerConnection({ iceServers: iceServers.map(({ urls, username, credential }) => ({ urls: [...urls], username, credential })) }), events);
};

function wrap(peer: RTCPeerConnection, events: RtcEvents): RtcConnection {
  let state: 'open' | 'closing' | 'closed' = 'open';
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  /** Descriptions are taken one after the other, and candidates behind them. */
  let steps = Promise.resolve();
  const channel = peer.createDataChannel(CHANNEL_LABEL, { negotiated: true, id: CHANNEL_ID });
  channel.binaryType = 'arraybuffer';

  function end(reason: string): void {
    if (state !== 'open') return;
    release();
    events.onEnd(reason);
  }

  function release(): void {
    state = 'closed';
    clearTimeout(flushTimer);
    peer.onicecandidate = peer.onconnectionstatechange = null;
    channel.onopen = channel.onmessage = channel.onbufferedamountlow = channel.onclose = channel.onerror = null;
    peer.close();
  }

  function tell(how: () => void): void {
    if (state !== 'open') return;
    try {
      how();
    } catch (thrown) {
      end(`internal: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  const gone = (reason: string): void => (state === 'closing' ? release() : end(reason));

  function step(work: () => Promise<void>): void {
    steps = steps.then(() => (state === 'open' ? work() : undefined)).catch((thrown: unknown) => end(`bad_message: ${thrown instanceof Error ? thrown.message : String(thrown)}`));
  }

  /** Sets what this side would say now, and tells it. */
  async function describeOneself(): Promise<void> {
    await peer.setLocalDescription();
    const local = peer.localDescription;
    if (local !== null) tell(() => events.onDescription(local.sdp, local.type as 'offer' | 'answer'));
  }

  peer.onicecandidate = ({ candidate }) => {
    if (candidate !== null && candidate.candidate !== '') tell(() => events.onCandidate(candidate.candidate, candidate.sdpMid ?? '0'));
  };
  peer.onconnectionstatechange = () => {
    if (peer.connectionState === 'failed') gone('disconnected: no path to the other side, or none any more');
  };
  channel.onopen = () => tell(() => events.onOpen());
  channel.onclose = () => gone('disconnected: the other side closed');
  channel.onerror = () => gone('disconnected: the data channel broke');
  channel.onbufferedamountlow = () => tell(() => events.onDrained());
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) tell(() => events.onMessage(new Uint8Array(data)));
    else if (data === FAREWELL) gone('disconnected: the other side closed');
    else end('bad_message: text where bytes are spoken');
  };

  return {
    sendsPacketBytes: PACKET_BYTES,
    takesPacketBytes: PACKET_BYTES,
    offer: () => step(describeOneself),
    describe(sdp, type) {
      step(async () => {
        await peer.setRemoteDescription({ type, sdp });
        if (type === 'offer') await describeOneself();
      });
    },
    addCandidate(candidate, mid) {
      step(() => peer.addIceCandidate({ candidate, sdpMid: mid }).catch(() => undefined));
    },
    get bufferedAmount() {
      return channel.bufferedAmount;
    },
    send(message) {
      // Never a shared buffer: those are refused by the type and by the browser.
      channel.send(message as Uint8Array<ArrayBuffer>);
    },
    setDrainedAt(bytes) {
      channel.bufferedAmountLowThreshold = bytes;
    },
    close(flush) {
      if (state !== 'open') return;
      if (!flush || channel.readyState !== 'open') return release();
      state = 'closing';
      try {
        channel.send(FAREWELL);
      } catch {
        return release();
      }
      flushTimer = setTimeout(release, FLUSH_MS);
    },
  };
}
