/** Sends frames to whoever is known, and opens a channel where there is none. */
import type { Clock } from '../../shared/clock.ts';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { outcomeOf, type Calls } from './calls.ts';
import type { OpenChannels } from './open-channels.ts';

export interface SenderOptions {
  readonly channels: OpenChannels;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly isKnown: (peer: EdgeId) => boolean;
  /** No channel could be opened: for membership. */
  readonly onFailed: (peer: EdgeId, outcome: 'unwanted' | 'failed') => void;
}

/** @throws disconnected, as `PeerNetwork.send` */
export function createSender({ channels, calls, clock, isKnown, onFailed }: SenderOptions): (to: EdgeId, frame: Uint8Array) => Promise<void> {
  async function open(to: EdgeId): Promise<void> {
    if (!isKnown(to)) throw new MurmurError('disconnected', `${to} is not known`);
    try {
      await calls.open(to, 'talk');
    } catch (thrown) {
      const outcome = outcomeOf(thrown);
      // One that has no room for a channel to talk over may have some for a neighbour.
      if (outcome !== 'full') onFailed(to, outcome);
      throw thrown;
    }
  }

  return async (to, frame) => {
    try {
      if (channels.get(to) === undefined) await open(to);
      const one = channels.get(to);
      if (one === undefined) throw new MurmurError('disconnected', `${to} went before it was written to`);
      one.usedAt = clock.now();
      await one.channel.send(frame);
      one.usedAt = clock.now();
    } catch (thrown) {
      if (isMurmurError(thrown, 'disconnected')) throw thrown;
      throw new MurmurError('disconnected', `${to} cannot be reached: ${toMurmurError(thrown).message}`, { cause: thrown });
    }
  };
}
