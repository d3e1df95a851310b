/** The second half of the page for a peer: how its model is, whom it averages with, what went over the lines, its model as a file, and the button to leave. */
import { formatBytes, formatCount, formatLoss, formatPercent } from '../../shared/format.ts';
import { byId, create, setHidden, setText } from './dom.ts';
import { describeAccuracy, describeLinks, inAll, type GossipView } from './gossip-session-view.ts';
import { createLossCurve } from './loss-curve.ts';
import { offerFile } from './offer-file.ts';
import type { LogLine } from './session-view.ts';

export interface GossipRunningView {
  setVisible(visible: boolean): void;
  update(view: GossipView): void;
  /** Gives the owner a file. */
  offerModel(task: string, round: number, bytes: Uint8Array<ArrayBuffer>): void;
}

export interface GossipRunningHandlers {
  onLeave(): void;
  onAgain(): void;
  onExport(): void;
}

const RENDEZVOUS = {
  here: 'The rendezvous is here: it introduces newcomers, and has no part in what is learned.',
  away: 'The rendezvous is away; learning goes on.',
} as const;
const KINDS = { webrtc: 'direct', relay: 'relayed', memory: 'in this process' } as const;

export function createGossipRunningView({ onLeave, onAgain, onExport }: GossipRunningHandlers): GossipRunningView {
  const element = (id: string): HTMLElement => byId(`gossip-${id}`, HTMLElement);
  const leave = byId('gossip-leave', HTMLButtonElement);
  const again = byId('gossip-again', HTMLButtonElement);
  const download = byId('gossip-export', HTMLButtonElement);
  const curve = createLossCurve(element('loss-curve'));
  let shownLog: readonly LogLine[] | null = null;
  let shownNeighbours: GossipView['neighbours'] | null = null;
  leave.addEventListener('click', onLeave);
  again.addEventListener('click', onAgain);
  download.addEventListener('click', onExport);

  function showLog(lines: readonly LogLine[]): void {
    if (lines === shownLog) return;
    shownLog = lines;
    element('log').replaceChildren(...lines.map(({ at, text, tone }) => {
      const item = create('li');
      item.dataset['tone'] = tone;
      item.append(create('time', '', new Date(at).toLocaleTimeString('en-GB')), create('span', '', text));
      return item;
    }));
  }

  function showNeighbours({ neighbours, merged }: GossipView): void {
    if (neighbours !== shownNeighbours) {
      shownNeighbours = neighbours;
      element('neighbour-list').replaceChildren(...[...neighbours].map(([peer, kind]) => {
        const item = create('li');
        item.dataset['peer'] = peer;
        item.dataset['kind'] = kind ?? 'none';
        item.append(create('code', '', peer), create('span', 'muted', kind === null ? 'connecting' : KINDS[kind]));
        return item;
      }));
    }
    for (const item of element('neighbour-list').children) if (item instanceof HTMLElement) item.dataset['merged'] = `${merged.includes(item.dataset['peer'] ?? '')}`;
  }

  return {
    setVisible: (visible) => setHidden(byId('gossip-running', HTMLElement), !visible),
    update(view) {
      const over = view.status === 'left' || view.status === 'failed';
      setText(element('status'), view.statusText);
      element('status').dataset['status'] = view.status;
      setText(element('task'), view.task ?? '\u00a0');
      const rendezvous = element('rendezvous');
      setHidden(rendezvous, view.rendezvous === null || over);
      setText(rendezvous, view.rendezvous === null ? '' : RENDEZVOUS[view.rendezvous]);
      rendezvous.dataset['state'] = view.rendezvous ?? 'unknown';
      setText(element('round'), formatCount(view.round));
      setText(element('merged'), view.round === 0 ? 'no round ended yet' : `averaged with ${formatCount(view.merged.length)}${view.missed === 0 ? '' : `, missed ${formatCount(view.missed)}`}`);
      setText(element('accuracy'), formatPercent(view.accuracy, 1));
      setText(element('accuracy-note'), describeAccuracy(view));
      setText(element('neighbours'), formatCount(view.neighbours.size));
      setText(element('links'), describeLinks(view));
      setText(element('sent'), formatBytes(view.metrics === null ? 0 : inAll(view.metrics.bytesSent)));
      setText(element('received'), `${formatBytes(view.metrics === null ? 0 : inAll(view.metrics.bytesReceived))} received`);
      setText(element('loss-now'), view.losses.length === 0 ? '' : `now ${formatLoss(view.losses[view.losses.length - 1].loss)}`);
      curve.update(view.losses);
      setText(element('peer-id'), view.peer ?? '–');
      const speed = view.stepsPerSecond === null ? '' : `, ${formatCount(view.stepsPerSecond)} steps/s`;
      setText(element('backend'), view.backend === null ? '–' : `${view.backend}${speed}`);
      setText(element('examples'), view.examples === null ? '–' : `${formatCount(view.examples.examples)} from ${view.examples.source}, ${formatCount(view.examples.heldBack)} held back`);
      setText(element('relayed'), view.metrics === null ? '–' : `${formatBytes(view.metrics.bytesSent.relay + view.metrics.bytesReceived.relay)} of all bytes`);
      showNeighbours(view);
      showLog(view.log);
      setHidden(element('error'), view.error === null);
      setText(element('error'), view.error === null ? '' : `${view.error.message} (${view.error.code})`);
      leave.disabled = view.status === 'leaving';
      setHidden(leave, over);
      setHidden(download, over || view.peer === null);
      setHidden(again, !over);
      document.title = `${view.statusText} · Murmuration`;
    },
    offerModel: (task, round, bytes) => offerFile(`${task}-round-${round}.safetensors`, bytes),
  };
}
