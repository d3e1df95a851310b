/** The links of a federation in which messages are lost, repeated, late, garbled or cut off, as its schedule says. */
import type { RandomSource } from '../../shared/random.ts';
import type { Clock } from '../../shared/clock.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import type { Assign, CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { createMemoryLinks, type LinkEnd, type MemoryLinks } from '../network/memory-links.ts';
import type { Deliver, WireMessage } from '../network/message.ts';
import { faultsOf, type Fault } from './fault.ts';
import { createMessageFaults, type MessageFault } from './message-faults.ts';
import { carryWith } from './message-fates.ts';
import type { Trace } from './trace.ts';

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
  /** Before anything happens to it on its way. */
  readonly onAssign: (assignment: AssignmentId, version: number) => void;
  readonly struck: (what: string) => void;
  readonly trace: Trace | null;
}

export interface Wire {
  /** A link between an edge, by its number, and a coordinator. */
  open(edge: number, near: LinkEnd, far: LinkEnd): EdgeLinks;
  /** The fault that the next message of this edge, type and leg meets; null: none. */
  next(edge: number, type: string, leg: MessageFault['leg']): MessageFault | null;
}

export function createWire({ clock, latencyMs, replyMs, faults, random, peaceful, onLie, onAssign, struck, trace }: WireOptions): Wire {
  const counted = createMessageFaults(faultsOf(faults, 'message'));

  function next(edge: number, type: string, leg: MessageFault['leg']): MessageFault | null {
    const fault = counted(edge, type, leg);
    if (fault === null || peaceful()) return null;
    struck(`message ${fault.fate}`);
    return fault;
  }

  return {
    next,
    open(edge, near, far) {
      const carry = (message: WireMessage, deliver: Deliver): void => {
        const { from, kind, type, payload } = message;
        if (from === 'far' && kind === 'request' && type === 'assign') {
          const { assignment, version } = payload as Assign;
          onAssign(assignment, version);
        }
        const fault = next(edge, type, kind);
        if (trace) trace(`edge ${edge}`, `${from === 'near' ? '→' : '←'} ${kind} ${type}${describe(payload)}${fault ? `   ${fault.fate.toUpperCase()} ${fault.ms} ms` : ''}`);
        if (fault === null) return deliver();
        if (fault.fate === 'corrupt' && from === 'far') onLie(edge);
        carryWith(fault, { payload, deliver, random, cut: () => void clock.after(latencyMs / 2, () => links.near.close(`the link broke in the midst of ${type}`)) });
      };
      const links: EdgeLinks = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs, replyMs, near, far, carry });
      return links;
    },
  };
}

const isAnswer = (payload: unknown): payload is { readonly ok: true; readonly reply: unknown } =>
  typeof payload === 'object' && payload !== null && 'ok' in payload && payload.ok === true && 'reply' in payload;

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
