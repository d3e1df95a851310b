/** The join page: asks first, then runs an edge session, or a peer, in a worker and shows what it does. */
import '../../shared/strict-policy.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { createConsentView } from './consent-view.ts';
import { byId } from './dom.ts';
import { createGossipRunningView } from './gossip-running-view.ts';
import { leavingGossip, NEW_GOSSIP, onGossipMessage, type GossipView } from './gossip-session-view.ts';
import { offerFile } from './offer-file.ts';
import { askOffer } from './offer.ts';
import { createRunningView } from './running-view.ts';
import { startSession, type SessionRunner } from './session-runner.ts';
import { leaving, NEW_SESSION, onMessage, type SessionView } from './session-view.ts';
import type { StartMessage, WorkerToPage } from './worker-messages.ts';

/** While the owner reads, tasks may be created or the coordinator come back. */
const ASK_AGAIN_MS = 5_000;
const ASK_PATIENCE_MS = 10_000;

const sentence = (text: string): string => (/[.?!…]$/.test(text) ? text : `${text}.`);

function startPage(): void {
  const base = new URL('./', document.baseURI);
  let runner: SessionRunner | null = null;
  /** Which of the two is seen. */
  let mode: 'federated' | 'gossip' = 'federated';
  let view: SessionView = NEW_SESSION;
  let gossipView: GossipView = NEW_GOSSIP;
  let drawPending = false;
  let asking = false;

  const consent = createConsentView(base.href.replace(/\/$/, ''), begin);
  const running = createRunningView({ onLeave: leave, onAgain: backToOffer, onExport: () => runner?.exportModel() });
  const gossip = createGossipRunningView({ onLeave: leave, onAgain: backToOffer, onExport: () => runner?.exportModel() });

  async function look(): Promise<void> {
    if (asking || runner !== null || document.hidden) return;
    asking = true;
    try {
      consent.showOffer(await askOffer(base, AbortSignal.timeout(ASK_PATIENCE_MS)));
    } catch (thrown) {
      consent.showTrouble(sentence(toMurmurError(thrown).message));
    } finally {
      asking = false;
    }
  }

  function draw(): void {
    drawPending = false;
    if (mode === 'gossip') gossip.update(gossipView);
    else running.update(view);
  }

  function change(next: { readonly federated: SessionView } | { readonly gossip: GossipView }): void {
    if ('gossip' in next) gossipView = next.gossip;
    else view = next.federated;
    if (drawPending) return;
    drawPending = true;
    if (document.hidden) queueMicrotask(draw);
    else requestAnimationFrame(draw);
  }

  function begin(start: StartMessage): void {
    if (runner !== null) return;
    mode = start.type === 'start-gossip' ? 'gossip' : 'federated';
    consent.showError(null);
    consent.setVisible(false);
    running.setVisible(mode === 'federated');
    gossip.setVisible(mode === 'gossip');
    change(mode === 'gossip' ? { gossip: NEW_GOSSIP } : { federated: NEW_SESSION });
    runner = startSession(start, receive);
    // The form may have been scrolled: what runs is seen from its top.
    byId(mode === 'gossip' ? 'gossip-leave' : 'leave', HTMLButtonElement).focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  function receive(message: WorkerToPage): void {
    if (mode === 'gossip') {
      if (message.type === 'model') gossip.offerModel(gossipView.task ?? 'model', message.round, message.bytes);
      change({ gossip: onGossipMessage(gossipView, message, Date.now()) });
    } else {
      if (message.type === 'model') offerFile(`${message.task}-own-v${message.round}.safetensors`, message.bytes);
      change({ federated: onMessage(view, message, Date.now()) });
    }
    if (message.type !== 'failed' && message.type !== 'left') return;
    runner = null;
    // What never began goes back to the form, with everything still filled in and the reason beside the button.
    if (message.type === 'failed' && (mode === 'gossip' ? gossipView.peer : view.edge) === null) {
      backToOffer();
      consent.showError(`${message.error.message} (${message.error.code})`);
    }
  }

  function leave(): void {
    if (runner === null) return;
    change(mode === 'gossip' ? { gossip: leavingGossip(gossipView, Date.now()) } : { federated: leaving(view, Date.now()) });
    runner.leave();
  }

  function backToOffer(): void {
    running.setVisible(false);
    gossip.setVisible(false);
    consent.setVisible(true);
    document.title = 'Join · Murmuration';
    void look();
  }

  window.addEventListener('pagehide', () => runner?.abandon());
  window.setInterval(() => void look(), ASK_AGAIN_MS);
  document.addEventListener('visibilitychange', () => void look());
  void look();
}

startPage();
