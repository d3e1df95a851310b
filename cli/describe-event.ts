/** What an edge does, in lines for its owner's terminal. */
import type { EdgeEvent } from '../client/edge/events.ts';
import { fromErrorBody, type ErrorBody } from '../shared/errors.ts';
import { formatBytes, formatDuration, formatLoss, formatPercent } from '../shared/format.ts';
import type { Evaluation } from '../shared/model/trainer.ts';
import { describeFailure } from './output.ts';

/** null: nothing that people need to see. */
export function describeEvent(event: EdgeEvent): string | null {
  switch (event.type) {
    case 'connecting':
      return event.attempt === 1 ? null : `Connecting, attempt ${event.attempt} …`;
    case 'connected':
      return `Connected as ${event.edge}.`;
    case 'disconnected':
      return `Disconnected (${event.reason})${event.retryInMs === null ? '' : `; trying again in ${formatDuration(event.retryInMs)}`}.`;
    case 'assigned':
      return `Round ${event.round} of ${event.task}: selected.`;
    case 'evaluated':
      return `Version ${event.version} of ${event.task} on ${event.shared.examples} examples held back: ${describeMeasures(event.shared)}${event.personal === null ? '' : `; this edge's own: ${describeMeasures(event.personal)}`}.`;
    case 'declined':
      return `Declined to work for ${event.task}: ${event.reason}.`;
    case 'reporting':
      return `Round ${event.round} of ${event.task}: reporting ${formatBytes(event.bytes)}.`;
    case 'reported':
      return `Round ${event.round} of ${event.task}: report ${event.outcome}${event.loss === null ? '' : `, training loss ${formatLoss(event.loss)}`}.`;
    case 'released':
      return `Round ${event.round} of ${event.task}: released (${event.reason}).`;
    case 'error':
      return describeError(event.error);
    case 'checked-in':
      return describeCheckIn(event.examples);
    case 'downloading':
    case 'training':
    case 'version':
    case 'left':
      return null;
  }
}

const describeMeasures = ({ accuracy, loss }: Evaluation): string => (accuracy === null ? `loss ${formatLoss(loss)}` : `accuracy ${formatPercent(accuracy, 1)}, loss ${formatLoss(loss)}`);

/** Every place that is wrong, a line each, and what can be done about it here. */
function describeError(error: ErrorBody): string {
  const failure = describeFailure(fromErrorBody(error), false).replace(/^murmur/, 'Error');
  return error.code === 'bad_dataset' ? `${failure}\nThis agent takes no part in that task until the data is mended; it looks again by itself every minute or two.` : failure;
}

function describeCheckIn(examples: Readonly<Record<string, number>>): string {
  const served = Object.entries(examples).map(([task, count]) => `${count} examples for ${task}`);
  return served.length > 0 ? `Checked in with ${served.join(', ')}; waiting to be selected.` : 'Checked in; no task that runs there is one that this agent has data for. It waits for one.';
}
