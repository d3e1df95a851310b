/**
 * A peer that belongs to the swarm and breaks its rules: it has a key, a voucher and a real mesh, tells its neighbours that it has
 * learned and writes to them from the first round on, and then sends what no peer sends, or nothing.
 */
import type { Mesh } from '../../../client/gossip/mesh.ts';
import type { Clock } from '../../../shared/clock.ts';
import { GROUP, encodeDone, encodeGroup, encodeSlice, keyOf, readGroup } from '../../../shared/gossip/group-frames.ts';
import { encodeLetter, LETTER } from '../../../shared/gossip/letter-frame.ts';
import { encodeBegins } from '../../../shared/gossip/peer-frames.ts';
import { findWay } from '../../../shared/gossip/registry.ts';
import { asDigest, type EdgeId } from '../../../shared/ids.ts';
import { decodeFrame, encodeFrame } from '../../../shared/protocol/frame.ts';
import type { RandomSource } from '../../../shared/random.ts';
import type { FieldValues } from '../../../shared/statistics/statistic.ts';
import { sizeOf, type Layout } from '../../../shared/tensors/layout.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';
import type { Habit } from './swarm-fault.ts';

export interface LiarOptions {
  readonly habit: Habit;
  readonly everyMs: number;
  readonly task: GossipTask;
  readonly layout: Layout;
  readonly mesh: Mesh;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly onLie: () => void;
}

export interface Liar {
  start(): void;
  stop(): void;
}

const OTHER_LAYOUT = asDigest('0f'.repeat(32));
/** Times the model's size. */
const OVERSIZED = 5;

export function createLiar({ habit, everyMs, task, layout, mesh, clock, random, onLie }: LiarOptions): Liar {
  const way = findWay(task.gossip.way.name);
  const neighbours = new Set<EdgeId>();
  let cancel: (() => void) | null = null;
  /** Of the last letter that came: its lies are to be of rounds in which others are. */
  let latest = 1;
  /** The latest group that somebody named. */
  let group: ReturnType<typeof readGroup> | null = null;

  mesh.onNeighbour(({ peer, is }) => {
    if (is !== 'there') return void neighbours.delete(peer);
    neighbours.add(peer);
    send(peer, encodeBegins({ round: 1, learned: true }));
  });
  mesh.onFrame((_from, bytes) => {
    try {
      const frame = decodeFrame(bytes);
      if (frame.kind === GROUP) group = readGroup(frame);
      if (frame.kind === LETTER) latest = (frame.meta as { readonly round: number }).round;
    } catch {
      // Whoever lies does not care what others say.
    }
  });

  function send(to: EdgeId, frame: Uint8Array): void {
    mesh.send(to, frame).catch(() => undefined);
  }

  function letter(value: number, times: number, digest = layout.digest): Uint8Array {
    const fields = way.kind === 'letters' ? way.needs.fields(layout.size) : [];
    const values = fields.map(({ name, dtype, shape }): [string, FieldValues] => {
      const count = sizeOf(shape) * times;
      return [name, dtype === 'float32' ? new Float32Array(count).fill(value) : new Float64Array(count).fill(value)];
    });
    return encodeLetter({ round: latest + random.int(3), layout: digest }, { weight: 1, fields: Object.fromEntries(values) });
  }

  /** Takes part in the group that was named last, as others do, and then sends values that are none, too many of them, or says that it has the mean. */
  function groupLies(to: EdgeId): Uint8Array[] {
    if (group === null || !group.members.includes(mesh.self)) return [encodeGroup(1 + random.int(20), [to])];
    const { round, members } = group;
    const key = keyOf(members);
    const values = new Float32Array(random.next() < 0.5 ? 1 : layout.size + 1).fill(random.next() < 0.5 ? Number.NaN : 1);
    return [
      encodeGroup(round, members),
      random.next() < 0.5 ? encodeDone({ round, key }) : encodeSlice({ round, key }, { step: random.next() < 0.5 ? 'reduce' : 'gather', slice: random.int(members.length), piece: random.int(2), weight: 1, values }),
    ];
  }

  function framesFor(to: EdgeId): Uint8Array[] {
    switch (habit) {
      case 'mute':
        return [];
      case 'malformed':
        return [Uint8Array.from({ length: 1 + random.int(200) }, () => random.int(256))];
      case 'mesh-nonsense':
        return [encodeFrame({ kind: 'mesh', meta: { type: 'what is this', more: random.int(100) }, tensors: [] })];
      case 'not-finite':
        return [letter(random.next() < 0.5 ? Number.NaN : Infinity, 1)];
      case 'oversized':
        return [letter(1, OVERSIZED)];
      case 'wrong-layout':
        return [letter(1, 1, OTHER_LAYOUT)];
      case 'group-nonsense':
        return groupLies(to);
    }
  }

  return {
    start() {
      const lie = (): void => {
        cancel = clock.after(everyMs, lie);
        for (const peer of [...neighbours].sort()) {
          for (const frame of framesFor(peer)) {
            onLie();
            send(peer, frame);
          }
        }
      };
      cancel = clock.after(everyMs, lie);
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };
}
