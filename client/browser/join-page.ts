/** The join page: asks first, then runs an edge session in a worker and shows what it does. */
import '../../shared/strict-policy.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { createConsentView } from './consent-view.ts';
import { byId } from './dom.ts';
import { askOffer } from './offer.ts';
import { createRunningView } from './running-view.ts';
import { startSession, type SessionRunner } from './session-runner.ts';
import { leaving, NEW_SESSION, onMessage, type SessionView } from './session-view.ts';
import type { StartOptions, WorkerToPage } from './worker-messages.ts';

/** While the owner reads, tasks may be created or the coordinator come back. */
const ASK_AGAIN_MS = 5_000;
const ASK_PATIENCE_MS = 10_000;

const sentence = (text: string): string => (/[.?!…]$/.test(text) ? text : `${text}.`);

function startPage(): void {
  const base = new URL('./', document.baseURI);
  let runner: SessionRunner | null = null;
  let view: SessionView = NEW_SESSION;
  let drawPending = false;
  let asking = false;

  const consent = createConsentView((options) => begin({ ...options, url: base.href.replace(/\/$/, '') }));
  const running = createRunningView(leave, backToOffer);

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
    running.update(view);
  }

  function change(next: SessionView): void {
    view = next;
    if (drawPending) return;
    drawPending = true;
    if (document.hidden) queueMicrotask(draw);
    else requestAnimationFrame(draw);
  }

  function begin(options: StartOptions): void {
    if (runner !== null) return;
    consent.showError(null);
    consent.setVisible(false);
    running.setVisible(true);
    change(NEW_SESSION);
    runner = startSession(options, receive);
    // The form may have been scrolled: what runs is seen from its top.
    byId('leave', HTMLButtonElement).focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  function receive(message: WorkerToPage): void {
    change(onMessage(view, message, Date.now()));
    if (message.type !== 'failed' && message.type !== 'left') return;
    runner = null;
    // What never began goes back to the form, with everything still filled in and the reason beside the button.
    if (message.type === 'failed' && view.edge === null) {
      backToOffer();
      consent.showError(`${message.error.message} (${message.error.code})`);
    }
  }

  function leave(): void {
    if (runner === null) return;
    change(leaving(view, Date.now()));
    runner.leave();
  }

  function backToOffer(): void {
    running.setVisible(false);
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
