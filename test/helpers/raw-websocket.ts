/** A websocket without a library, so that a test can send what no library would: broken frames, half a handshake, another Origin. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

export interface RawWebSocket {
  /** Engine.IO text packets that came in, oldest first. */
  readonly texts: readonly string[];
  /** One well-formed text frame, masked as a client must. */
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Bytes that need be no frame. */
  sendBytes(bytes: Uint8Array): void;
  /** The first text that is accepted; waits for it. */
  text(accept: (text: string) => boolean): Promise<string>;
  /** Resolves when the server has hung up, or said that it will. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface HandshakeRefused {
  readonly status: number;
  readonly body: string;
}

const CLOSE = 8;
const PATH = '/socket.io/?EIO=4&transport=websocket';

/** @param answersClose false: one that never hangs up, whatever it is told. @returns the open socket, or how the server refused. */
export function openRawWebSocket(url: string, headers: Record<string, string> = {}, answersClose = true): Promise<RawWebSocket | HandshakeRefused> {
  return new Promise((resolve, reject) => {
    const ask = request(new URL(PATH, url), {
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64'), ...headers },
    });
    ask.once('error', reject);
    ask.once('upgrade', (_response, socket: Socket, head) => resolve(speakOver(socket, head, answersClose)));
    ask.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    ask.end();
  });
}

function speakOver(socket: Socket, head: Buffer, answersClose: boolean): RawWebSocket {
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  let rest = head;
  const read = (): void => {
    for (;;) {
      const frame = takeFrame(rest);
      if (!frame) break;
      rest = frame.rest;
      if (frame.opcode === 1) texts.push(frame.payload.toString('utf8'));
      if (frame.opcode === CLOSE && answersClose) socket.destroy();
    }
    for (const look of waiting) look();
  };
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    read();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  read();
  return {
    texts, closed,
    sendText: (text) => socket.write(maskedFrame(1, Buffer.from(text))),
    sendBinary: (bytes) => socket.write(maskedFrame(2, Buffer.from(bytes))),
    sendBytes: (bytes) => socket.write(bytes),
    text: (accept) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = texts.find(accept);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void closed.then(() => reject(new Error(`the server hung up; it had said ${JSON.stringify(texts)}`)));
      }),
    close: () => socket.destroy(),
  };
}

/** Server frames are not masked. */
function takeFrame(bytes: Buffer): { readonly opcode: number; readonly payload: Buffer; readonly rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return null;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + length) return null;
  return { opcode: bytes[0] & 0x0f, payload: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const length = payload.length < 126 ? Buffer.of(0x80 | payload.length) : payload.length < 65_536 ? Buffer.alloc(3) : Buffer.alloc(9);
  if (length.length === 3) {
    length[0] = 0x80 | 126;
    length.writeUInt16BE(payload.length, 1);
  } else if (length.length === 9) {
    length[0] = 0x80 | 127;
    length.writeBigUInt64BE(BigInt(payload.length), 1);
  }
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] ^= mask[i % 4];
  return Buffer.concat([Buffer.of(0x80 | opcode), length, mask, masked]);
}
