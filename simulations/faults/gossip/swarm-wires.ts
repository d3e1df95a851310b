/** The wires of a swarm, which fall silent, break, come late and garble what they carry, as its schedule says. */
import { HEAD_BYTES } from '../../../client/gossip/channel-messages.ts';
import type { EdgeId } from '../../../shared/ids.ts';
import { decodeFrame } from '../../../shared/protocol/frame.ts';
import type { CarryMessage, WireEnd } from '../../network/virtual-wires.ts';
import { createVirtualSwitchboard, type VirtualSwitchboard } from '../../network/virtual-switchboard.ts';
import type { RunContext } from '../run-context.ts';
import type { SwarmFaultOf } from './swarm-fault.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';

/** What the next message from one peer to another meets. */
type Waiting = SwarmFaultOf<'garbage'>['what'] | 'break';

export interface SwarmWires extends Pick<VirtualSwitchboard, 'transportOf'> {
  stall(peer: EdgeId, other: EdgeId, direction: SwarmFaultOf<'stall'>['direction']): void;
  break(peer: EdgeId, other: EdgeId): void;
  delay(peer: EdgeId, other: EdgeId, ms: number): void;
  /** The next message from the one to the other meets this. */
  next(from: EdgeId, to: EdgeId, what: Waiting): void;
  areApart(a: EdgeId, b: EdgeId): boolean;
  /** Nothing gets through between two such peers, and no wire can be opened, until the function returned is called. */
  cut(apart: (a: EdgeId, b: EdgeId) => boolean): () => void;
  /** The process is gone: the other ends of its wires hear of it, or never. */
  lose(end: WireEnd, told: boolean): void;
  /** Ends of wires that are open in this process, and were opened before that instant. */
  openAt(end: WireEnd, before?: number): number;
}

/** @param nameOf for people, in a trace */
export function createSwarmWires({ clock, random: all, schedule: { world }, trace, struck }: RunContext<SwarmSchedule>, nameOf: (peer: EdgeId) => string): SwarmWires {
  const random = all.fork('wires');
  const waiting = new Map<string, Waiting[]>();
  const cuts = new Set<(a: EdgeId, b: EdgeId) => boolean>();
  const areApart = (a: EdgeId, b: EdgeId): boolean => [...cuts].some((apart) => apart(a, b));

  const switchboard = createVirtualSwitchboard({
    clock,
    maxMessageBytes: world.messageBytes,
    line: (caller, called) => (areApart(caller, called) ? null : { latencyMs: () => world.latencyMs, bytesPerMs: () => Infinity }),
    carry(caller, called) {
      const to = carrier(caller, called);
      const back = carrier(called, caller);
      return (direction, message) => (direction === 'up' ? to : back)(direction, message);
    },
  });

  function carrier(from: EdgeId, to: EdgeId): CarryMessage {
    const key = `${from} ${to}`;
    return (_direction, message) => {
      const fate = waiting.get(key)?.shift();
      if (trace) trace(nameOf(from), `→ ${nameOf(to)}: ${describe(message)}${fate === undefined ? '' : `   ${fate.toUpperCase()}`}`);
      if (fate === undefined) return message;
      struck(`message ${fate}`);
      return fate === 'break' ? null : garbled(message, fate);
    };
  }

  function garbled(message: Uint8Array, what: SwarmFaultOf<'garbage'>['what']): Uint8Array {
    if (what === 'noise') return message.map(() => random.int(256));
    if (what === 'short') return message.subarray(0, random.int(message.byteLength));
    message[random.int(Math.min(HEAD_BYTES, message.byteLength))] ^= 1 << random.int(8);
    return message;
  }

  const between = (a: EdgeId, b: EdgeId) => switchboard.wires().filter(({ caller, called }) => (caller === a && called === b) || (caller === b && called === a));

  return {
    transportOf: (self, end) => switchboard.transportOf(self, end),
    stall(peer, other, direction) {
      for (const { caller, wires } of between(peer, other)) {
        if (direction === 'both') wires.stall();
        else wires.stall((caller === peer) === (direction === 'to') ? 'up' : 'down');
      }
    },
    break(peer, other) {
      for (const { wires } of between(peer, other)) wires.break('it broke');
    },
    delay(peer, other, ms) {
      for (const { wires } of between(peer, other)) wires.delay(ms);
    },
    next(from, to, what) {
      const key = `${from} ${to}`;
      waiting.set(key, [...(waiting.get(key) ?? []), what]);
    },
    areApart,
    cut(apart) {
      cuts.add(apart);
      for (const { caller, called, wires } of switchboard.wires()) if (apart(caller, called)) wires.stall();
      return () => void cuts.delete(apart);
    },
    lose(end, told) {
      for (const { wires } of switchboard.wires()) wires.lose(end, told);
    },
    openAt: (end, before = Infinity) => switchboard.wires().reduce((count, { openedAt, wires }) => count + (openedAt < before ? wires.openAt(end) : 0), 0),
  };
}

/** The few words of a message that help whoever reads a trace. */
function describe(message: Uint8Array): string {
  if (message[0] === 0x7b) return `handshake ${/"type":"(\w+)"/.exec(new TextDecoder().decode(message.subarray(0, 200)))?.[1] ?? ''}`;
  try {
    const { kind, meta } = decodeFrame(message.slice(HEAD_BYTES));
    const { layout: _, ...rest } = meta as Record<string, unknown>;
    return `${kind} ${JSON.stringify(rest).slice(0, 160)}`;
  } catch {
    return `a part of ${message.byteLength} bytes`;
  }
}
