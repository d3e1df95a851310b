/** What comes over channels: a mesh's own messages are read here, all else is the owner's. */
import type { Clock } from '../../shared/clock.ts';
import { toMurmurError, type MurmurError } from '../../shared/errors.ts';
import { isMeshFrame, readMeshMessage, type MeshMessage } from '../../shared/gossip/mesh-frames.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { OpenChannel } from './open-channels.ts';
import { createStanding } from './standing.ts';

export interface FrameIntakeOptions {
  /** As the task's `robust.strikes`. */
  readonly strikes: number;
  readonly clock: Clock;
  readonly take: (one: OpenChannel, message: MeshMessage) => void;
  /** What came is no message of a mesh, or none that can be taken; `strikes`: how often that was so by now. */
  readonly onRefused: (peer: EdgeId, error: MurmurError, strikes: number) => void;
}

export interface FrameIntake {
  arrived(one: OpenChannel, bytes: Uint8Array): void;
  /** The one handler of the owner's frames; what came before it is handed on at once. */
  onFrame(handler: (from: EdgeId, frame: Uint8Array) => void): void;
}

/** Frames that are kept before the owner listens. */
const MOST_WAITING = 256;

export function createFrameIntake({ strikes, clock, take, onRefused }: FrameIntakeOptions): FrameIntake {
  const standing = createStanding(strikes);
  const waiting: { readonly from: EdgeId; readonly frame: Uint8Array }[] = [];
  let owner: ((from: EdgeId, frame: Uint8Array) => void) | null = null;

  return {
    arrived(one, bytes) {
      if (!isMeshFrame(bytes)) {
        one.usedAt = clock.now();
        if (owner !== null) owner(one.peer, bytes);
        else if (waiting.length < MOST_WAITING) waiting.push({ from: one.peer, frame: bytes });
        return;
      }
      try {
        take(one, readMeshMessage(bytes));
      } catch (thrown) {
        onRefused(one.peer, toMurmurError(thrown), standing.strike(one.peer));
      }
    },
    onFrame(handler) {
      owner = handler;
      for (const { from, frame } of waiting.splice(0)) handler(from, frame);
    },
  };
}
