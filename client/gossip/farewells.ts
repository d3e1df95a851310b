/** How channels are closed in order: with a word before, so that nobody takes it for a death. */
import type { Clock } from '../../shared/clock.ts';
import type { MeshMessage } from '../../shared/gossip/mesh-frames.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Channel } from './channel.ts';
import type { MeshTimes } from './mesh-times.ts';
import type { OpenChannels } from './open-channels.ts';

export interface FarewellsOptions {
  readonly channels: OpenChannels;
  /** Resolves when the channel has taken it, or takes nothing any more. */
  readonly say: (channel: Channel, message: MeshMessage) => Promise<void>;
  readonly clock: Clock;
  readonly times: Pick<MeshTimes, 'idleMs' | 'goodbyeMs'>;
}

export interface Farewells {
  /** Closes those that nobody used for long, and nobody needs. */
  release(isNeeded: (peer: EdgeId) => boolean): void;
  /** Says goodbye to all, and closes everything; those that take no goodbye in time are closed without. */
  leave(): Promise<void>;
}

export function createFarewells({ channels, say, clock, times }: FarewellsOptions): Farewells {
  return {
    release(isNeeded) {
      for (const one of channels.all) {
        if (isNeeded(one.peer) || clock.now() - one.usedAt < times.idleMs) continue;
        // Not before the farewell has gone out, or it would be taken for a death.
        one.farewell = 'release';
        void say(one.channel, { type: 'release' }).then(() => channels.get(one.peer) === one && channels.close(one.peer, 'nobody used it'));
      }
    },
    async leave() {
      const said = channels.all.map(({ channel }) => say(channel, { type: 'leave' }));
      let cancel = (): void => undefined;
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(times.goodbyeMs, resolve);
      });
      await Promise.race([Promise.all(said), late]);
      cancel();
      for (const peer of channels.peers) channels.close(peer, 'it left');
      channels.stop();
    },
  };
}
