/** Finds the fault that a message meets by its number: the third report of edge 2, the first reply to its check-in. */
import type { FaultOf } from './fault.ts';

export type MessageFault = FaultOf<'message'>;

/** @returns counts the message, and says what it meets; null: nothing */
export function createMessageFaults(faults: readonly MessageFault[]): (edge: number, type: string, leg: MessageFault['leg']) => MessageFault | null {
  const byPlace = new Map<string, MessageFault[]>();
  for (const fault of faults) {
    const place = `${fault.edge} ${fault.type} ${fault.leg}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), fault]);
  }
  const seen = new Map<string, number>();
  return (edge, type, leg) => {
    if (byPlace.size === 0) return null;
    const place = `${edge} ${type} ${leg}`;
    const waiting = byPlace.get(place);
    if (waiting === undefined) return null;
    const nth = (seen.get(place) ?? 0) + 1;
    seen.set(place, nth);
    return waiting.find((one) => one.nth === nth) ?? null;
  };
}
