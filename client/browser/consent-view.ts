/** The first half of the page: what is offered, what the owner wants, and the button without which nothing starts. */
import { formatBytes } from '../../shared/format.ts';
import { asksForLabels } from '../../shared/task/asks-for-labels.ts';
import { BACKEND_NAMES, type BackendName } from '../../shared/task/conditions.ts';
import { createDataChoiceView } from './data-choice-view.ts';
import { describeTask } from './describe-task.ts';
import { nameThisBrowser } from './device-name.ts';
import { byId, create, setHidden, setText } from './dom.ts';
import type { Offer, OfferedTask } from './offer.ts';
import type { StartOptions } from './worker-messages.ts';

export interface ConsentView {
  setVisible(visible: boolean): void;
  showOffer(offer: Offer): void;
  /** The coordinator could not be asked; the page will try again. */
  showTrouble(message: string): void;
  /** Why the session could not begin with what was chosen. */
  showError(message: string | null): void;
}

/** From the address: `?backend=wasm&name=NAME`, and `#token=TOKEN`, which is never sent to a server by the browser itself. */
function fromAddress(): { backend: BackendName | null; name: string | null; token: string | null } {
  const query = new URLSearchParams(location.search);
  const wish = query.get('backend');
  const backend = BACKEND_NAMES.find((name) => name === wish) ?? null;
  return { backend, name: query.get('name'), token: new URLSearchParams(location.hash.slice(1)).get('token') };
}

export function createConsentView(onAgree: (options: Omit<StartOptions, 'url'>) => void): ConsentView {
  const section = byId('consent', HTMLElement);
  const offerBox = byId('offer', HTMLElement);
  const waiting = byId('offer-waiting', HTMLElement);
  const list = byId('offer-tasks', HTMLElement);
  const agree = byId('agree', HTMLButtonElement);
  const hint = byId('agree-hint', HTMLElement);
  const error = byId('form-error', HTMLElement);
  const name = byId('name', HTMLInputElement);
  const token = byId('token', HTMLInputElement);
  const backend = byId('backend-choice', HTMLSelectElement);
  const shareLabels = byId('share-labels', HTMLInputElement);
  let offer: Offer | null = null;
  let shownTasks = '';
  const declined = new Set<string>();

  const address = fromAddress();
  name.value = (address.name ?? nameThisBrowser(navigator)).slice(0, 100);
  if (address.backend !== null) backend.value = address.backend;
  if (address.token !== null) {
    token.value = address.token;
    // A token should not stay where screenshots and histories see it.
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }

  const agreedTasks = (): readonly OfferedTask[] => (offer?.tasks ?? []).filter(({ spec }) => !declined.has(spec.name));
  const data = createDataChoiceView(() => showReadiness());

  function showReadiness(): void {
    const tasks = agreedTasks();
    const missing = offer === null ? 'the coordinator has not answered yet' : offer.tasks.length === 0 ? 'there is no task to join' : tasks.length === 0 ? 'choose a task' : data.choice() === null ? 'choose where the examples come from' : null;
    agree.disabled = missing !== null;
    setText(hint, missing ?? '');
  }

  function showTasks(tasks: readonly OfferedTask[]): void {
    const key = JSON.stringify(tasks.map(({ spec, status, modelBytes }) => [spec.name, spec.description, status, modelBytes]));
    if (key === shownTasks) return;
    shownTasks = key;
    list.replaceChildren(
      ...tasks.map((task) => {
        const { spec } = task;
        const item = create('li');
        const label = create('label', 'task');
        const box = create('input');
        box.type = 'checkbox';
        box.checked = !declined.has(spec.name);
        box.dataset['testid'] = `task-${spec.name}`;
        box.addEventListener('change', () => {
          if (box.checked) declined.delete(spec.name);
          else declined.add(spec.name);
          choicesChanged();
        });
        const body = create('span', 'body');
        body.append(create('span', 'name', spec.name), create('span', '', spec.description), create('span', 'detail block', describeTask(task)));
        // A single task needs no box: the button says yes or no to it.
        if (tasks.length > 1) label.append(box, body);
        else label.append(body);
        item.append(label);
        return item;
      }),
    );
  }

  function choicesChanged(): void {
    setHidden(byId('labels-choice', HTMLElement), !agreedTasks().some(({ spec }) => asksForLabels(spec)));
    data.offer(offer?.demo ?? null, agreedTasks().map(({ spec }) => spec));
    showReadiness();
  }

  byId('form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const choice = data.choice();
    const tasks = agreedTasks().map(({ spec }) => spec);
    if (choice === null || tasks.length === 0) return;
    const wish = BACKEND_NAMES.find((one) => one === backend.value) ?? null;
    onAgree({ name: name.value.trim() === '' ? nameThisBrowser(navigator) : name.value.trim(), backend: wish, enrolmentToken: token.value.trim() === '' ? null : token.value.trim(), data: choice, tasks, shareLabels: shareLabels.checked && tasks.some(asksForLabels) });
  });

  return {
    setVisible: (visible) => setHidden(section, !visible),
    showOffer(next) {
      offer = next;
      offerBox.setAttribute('aria-busy', 'false');
      setHidden(waiting, next.tasks.length > 0);
      setText(waiting, 'The coordinator has no task now. This page looks again by itself; tasks are created with: npm run --silent murmur -- task create my-task.json');
      showTasks(next.tasks);
      setHidden(byId('token-field', HTMLElement), next.enrolment === 'open');
      const largest = Math.max(0, ...next.tasks.map(({ modelBytes }) => modelBytes ?? 0));
      setText(byId('sent-size', HTMLElement), largest === 0 ? '' : `, about ${formatBytes(largest)} each`);
      choicesChanged();
    },
    showTrouble(message) {
      offerBox.setAttribute('aria-busy', 'true');
      setHidden(waiting, false);
      setText(waiting, `${message} This page tries again by itself.`);
    },
    showError(message) {
      setHidden(error, message === null);
      setText(error, message ?? '');
    },
  };
}
