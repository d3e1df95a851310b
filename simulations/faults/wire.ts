/** The links of a federation in which messages are lost, repeated, late, garbled or cut off, as its schedule says. */
import type { RandomSource } from '../../shared/random.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { copyPlain } from '../network/copy-message.ts';
import { createMemoryLinks, type Deliver, type LinkEnd, type MemoryLinks, type WireMessage } from '../network/memory-links.ts';
import { corrupt } from './corrupt.ts';
import { faultsOf, type Fault, type FaultOf } from './schedule.ts';
import type { Trace } from './trace.ts';

export type MessageFault = FaultOf<'message'>;
export type EdgeLinks = MemoryLinks<EdgeToCoordinator, CoordinatorToEdge>;

export interface WireOptions {
  /** The world's. */
  readonly clock: Clock;
  readonly latencyMs: number;
  readonly replyMs: number;
  readonly faults: readonly Fault[];
  readonly random: RandomSource;
  readonly peaceful: () => boolean;
  /** An edge got something wrong, as if the coordinator had said it. */
  readonly onLie: (edge: number) => void;
  readonly struck: (what: string) => void;
  readonly trace: Trace | null;
}

export interface Wire {
  /** A link between an edge, by its number, and a coordinator. */
  open(edge: number, near: LinkEnd, far: LinkEnd): EdgeLinks;
  /** The fault that the next message of this edge, type and leg meets; null: none. */
  next(edge: number, type: string, leg: MessageFault['leg']): MessageFault | null;
}

export function createWire({ clock, latencyMs, replyMs, faults, random, peaceful, onLie, struck, trace }: WireOptions): Wire {
  const byPlace = new Map<string, MessageFault[]>();
  for (const fault of faultsOf(faults, 'message')) {
    const place = `${fault.edge} ${fault.type} ${fault.leg}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), fault]);
  }
  const seen = new Map<string, number>();

  function next(edge: number, type: string, leg: MessageFault['leg']): MessageFault | null {
    if (byPlace.size === 0) return null;
    const place = `${edge} ${type} ${leg}`;
    const waiting = byPlace.get(place);
    if (waiting === undefined) return null;
    const nth = (seen.get(place) ?? 0) + 1;
    seen.set(place, nth);
    const fault = peaceful() ? undefined : waiting.find((one) => one.nth === nth);
    if (fault === undefined) return null;
    struck(`message ${fault.fate}`);
    return fault;
  }

  return {
    next,
    open(edge, near, far) {
      const carry = (message: WireMessage, deliver: Deliver): void => {
        const { from, kind, type, payload } = message;
        const fault = next(edge, type, kind);
        if (trace) trace(`edge ${edge}`, `${from === 'near' ? '→' : '←'} ${kind} ${type}${describe(payload)}${fault ? `   ${fault.fate.toUpperCase()} ${fault.ms} ms` : ''}`);
        if (fault === null) return deliver();
        switch (fault.fate) {
          case 'drop':
            return;
          case 'duplicate':
            deliver();
            return deliver(fault.ms, copyPlain(payload));
          case 'delay':
            return deliver(fault.ms);
          case 'corrupt':
            if (from === 'far') onLie(edge);
            return deliver(0, corrupted(payload, random));
          case 'cut':
            clock.after(latencyMs / 2, () => links.near.close(`the link broke in the midst of ${type}`));
        }
      };
      const links: EdgeLinks = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs, replyMs, near, far, carry });
      return links;
    },
  };
}

const isAnswer = (payload: unknown): payload is { readonly ok: true; readonly reply: unknown } =>
  typeof payload === 'object' && payload !== null && 'ok' in payload && payload.ok === true && 'reply' in payload;

/** Of a reply what it says is garbled, rather than that it is one. */
function corrupted(payload: unknown, random: RandomSource): unknown {
  return isAnswer(payload) ? { ok: true, reply: corrupt(payload.reply, random) } : corrupt(payload, random);
}

/** The few words of a payload that help whoever reads a trace. */
function describe(sent: unknown): string {
  const payload = isAnswer(sent) ? sent.reply : sent;
  if (typeof payload !== 'object' || payload === null) return '';
  const told: string[] = [];
  for (const name of ['assignment', 'outcome', 'received', 'offset', 'reason', 'accepted', 'afterMs', 'version', 'error']) {
    if (!Object.hasOwn(payload, name)) continue;
    const value = (payload as Record<string, unknown>)[name];
    told.push(name === 'error' ? `error ${String((value as { code?: unknown } | null)?.code)}` : `${name === 'assignment' ? '' : `${name} `}${String(value)}`);
  }
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
