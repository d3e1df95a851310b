/** What becomes of a message that meets a fault on its way. */
import type { RandomSource } from '../../shared/random.ts';
import { copyPlain } from '../network/copy-message.ts';
import type { Deliver } from '../network/message.ts';
import { corrupt } from './corrupt.ts';
import type { MESSAGE_FATES } from './fault.ts';

export interface MessageFate {
  readonly fate: (typeof MESSAGE_FATES)[number];
  /** How late it comes, or the second of two. */
  readonly ms: number;
}

export interface Carrying {
  readonly payload: unknown;
  readonly deliver: Deliver;
  /** Breaks the link while the message is half sent. */
  readonly cut: () => void;
  readonly random: RandomSource;
}

export function carryWith({ fate, ms }: MessageFate, { payload, deliver, cut, random }: Carrying): void {
  switch (fate) {
    case 'drop':
      return;
    case 'duplicate':
      deliver();
      return deliver(ms, copyPlain(payload));
    case 'delay':
      return deliver(ms);
    case 'corrupt':
      return deliver(0, corrupted(payload, random));
    case 'cut':
      return cut();
  }
}

/** Of a reply what it says is garbled, rather than that it is one. */
function corrupted(payload: unknown, random: RandomSource): unknown {
  return typeof payload === 'object' && payload !== null && 'reply' in payload ? { ...payload, reply: corrupt(payload.reply, random) } : corrupt(payload, random);
}
