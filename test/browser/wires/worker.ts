/** A worker whose wires live on its page. */
import '../../../shared/strict-policy.ts';
import { createPortTransport } from '../../../client/gossip/webrtc/port-transport.ts';
import { lend } from './serve.ts';

onmessage = ({ data }: MessageEvent<{ readonly url: string; readonly port: MessagePort }>) => {
  lend(data.url, createPortTransport(data.port), () => postMessage('ended'));
};
