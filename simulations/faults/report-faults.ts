/** Faults that come with a report: the edge says it once more, or its owner stops the edge in that moment. */
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';
import type { FaultyEdge } from './edges.ts';
import type { RunContext } from './run-context.ts';
import { faultsOf, type FaultOf } from './fault.ts';

/** @returns what each report of an edge that reaches a coordinator is told to */
export function createReportFaults(
  run: RunContext,
  edgeAt: (number: number) => FaultyEdge | undefined,
  leave: (edge: FaultyEdge, fault: FaultOf<'leave-reporting'>) => void,
): (edge: EdgeId, assignment: AssignmentId, frame: Uint8Array) => void {
  const { clock, struck } = run;
  const repeats = faultsOf(run.schedule.faults, 'repeat');
  const leavings = faultsOf(run.schedule.faults, 'leave-reporting');
  const seen = new Map<EdgeId, number>();

  return (edge, assignment, frame) => {
    if ((repeats.length === 0 && leavings.length === 0) || run.peace) return;
    const nth = (seen.get(edge) ?? 0) + 1;
    seen.set(edge, nth);
    for (const fault of leavings) {
      const own = edgeAt(fault.edge);
      if (own?.identity.id === edge && fault.nth === nth) clock.after(0, () => leave(own, fault));
    }
    for (const fault of repeats) {
      const own = edgeAt(fault.edge);
      if (own?.identity.id !== edge || fault.nth !== nth) continue;
      const copy = frame.slice();
      clock.after(fault.afterMs, () => {
        const link = own.link();
        if (!link || link.closed || run.finished) return;
        struck('repeat');
        link.request('report', { assignment, frame: copy }).catch(() => undefined);
      });
    }
  };
}
