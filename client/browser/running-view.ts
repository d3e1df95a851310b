/** The second half of the page: what this tab does now, what it sent, what it says of itself, and the button to leave. */
import { formatBytes, formatCount, formatLoss } from '../../shared/format.ts';
import { describeDevice, describeLine, describeNetwork, describePower, inOneLine } from '../../shared/task/describe-conditions.ts';
import { byId, create, setHidden, setText } from './dom.ts';
import { createLossCurve } from './loss-curve.ts';
import type { LogLine, SessionView } from './session-view.ts';

export interface RunningView {
  setVisible(visible: boolean): void;
  update(view: SessionView): void;
}

const NO_POINTS = Object.freeze([]);

function otherReports({ late, duplicate }: SessionView['reports']): string {
  const parts = [late === 0 ? '' : `${formatCount(late)} too late`, duplicate === 0 ? '' : `${formatCount(duplicate)} repeated`].filter((part) => part !== '');
  return parts.length === 0 ? 'none was too late' : parts.join(', ');
}

const timeOf = (at: number): string => new Date(at).toLocaleTimeString('en-GB');

export interface RunningHandlers {
  onLeave(): void;
  onAgain(): void;
  /** The owner wants the model that this edge can use. */
  onExport(): void;
}

export function createRunningView({ onLeave, onAgain, onExport }: RunningHandlers): RunningView {
  const element = (id: string): HTMLElement => byId(id, HTMLElement);
  const section = element('running');
  const leave = byId('leave', HTMLButtonElement);
  const download = byId('export', HTMLButtonElement);
  const again = byId('again', HTMLButtonElement);
  const status = element('status');
  const progress = element('progress');
  const fill = element('progress-fill');
  const log = element('log');
  const error = element('run-error');
  const lossFigure = element('loss-figure');
  const curve = createLossCurve(element('loss-curve'));
  let shownLog: readonly LogLine[] | null = null;
  leave.addEventListener('click', onLeave);
  again.addEventListener('click', onAgain);
  download.addEventListener('click', onExport);

  function showLog(lines: readonly LogLine[]): void {
    if (lines === shownLog) return;
    shownLog = lines;
    log.replaceChildren(
      ...lines.map(({ at, text, tone }) => {
        const item = create('li');
        item.dataset['tone'] = tone;
        item.append(create('time', '', timeOf(at)), create('span', '', text));
        return item;
      }),
    );
  }

  return {
    setVisible: (visible) => setHidden(section, !visible),
    update(view) {
      const over = view.status === 'left' || view.status === 'failed';
      setText(status, view.statusText);
      status.dataset['status'] = view.status;
      setText(element('run-task'), view.task ?? '\u00a0');
      const share = view.progress === null || view.progress.steps === 0 ? 0 : view.progress.step / view.progress.steps;
      fill.style.width = `${(100 * share).toFixed(1)}%`;
      progress.setAttribute('aria-valuenow', `${Math.round(100 * share)}`);
      setText(element('progress-text'), view.progress === null ? '' : `step ${formatCount(view.progress.step)} of ${formatCount(view.progress.steps)}`);
      setText(element('round'), formatCount(view.round));
      setText(element('version'), view.version === null ? '' : `newest version ${formatCount(view.version)}`);
      setText(element('accepted'), formatCount(view.reports.accepted));
      setText(element('other-reports'), otherReports(view.reports));
      setText(element('sent'), formatBytes(view.bytesSent));
      setText(element('received'), `${formatBytes(view.bytesReceived)} fetched`);
      setText(element('backend'), view.backend ?? '–');
      setText(element('speed'), view.stepsPerSecond === null ? '' : `${formatCount(view.stepsPerSecond)} steps/s`);
      setText(element('loss-now'), view.loss === null ? '' : `now ${formatLoss(view.loss)}`);
      // Statistics have no training loss, and an empty chart says nothing.
      setHidden(lossFigure, Object.keys(view.losses).length === 0);
      curve.update(view.task === null ? NO_POINTS : (view.losses[view.task] ?? NO_POINTS));
      setText(element('edge-id'), view.edge ?? '–');
      setText(element('said-power'), view.conditions === null ? '–' : inOneLine(describePower(view.conditions)));
      setText(element('said-network'), view.conditions === null ? '–' : inOneLine(describeNetwork(view.conditions)));
      setText(element('said-line'), view.conditions === null ? '–' : describeLine(view.conditions) || 'unknown');
      setText(element('said-visibility'), view.conditions?.visibility ?? '–');
      setText(element('said-device'), view.conditions === null ? '–' : describeDevice(view.conditions) || 'unknown');
      const examples = Object.entries(view.examples).map(([task, one]) => `${formatCount(one.examples)} for ${task}, from ${one.source}`);
      setText(element('said-examples'), examples.length === 0 ? '–' : examples.join('; '));
      showLog(view.log);
      setHidden(error, view.error === null);
      setText(error, view.error === null ? '' : `${view.error.message} (${view.error.code})`);
      leave.disabled = view.status === 'leaving';
      setHidden(leave, over);
      // Before the first report there is no model that it could have.
      setHidden(download, over || view.reports.accepted === 0);
      setHidden(again, !over);
      document.title = `${view.statusText} · Murmuration`;
    },
  };
}
