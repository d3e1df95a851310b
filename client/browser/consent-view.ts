/** The first half of the page: what is offered, what the owner wants, and the button without which nothing starts. */
import { formatBytes } from '../../shared/format.ts';
import { asksForLabels } from '../../shared/task/asks-for-labels.ts';
import { BACKEND_NAMES, type BackendName } from '../../shared/task/conditions.ts';
import { isGossipTask, trainsModel, type AnyTask, type GossipTask, type TaskSpec } from '../../shared/task/task-spec.ts';
import { createDataChoiceView } from './data-choice-view.ts';
import { describeGossipTask, describeTask, reportBytes } from './describe-task.ts';
import { nameThisBrowser } from './device-name.ts';
import { byId, create, setHidden, setText } from './dom.ts';
import type { Offer, OfferedTask } from './offer.ts';
import type { GossipStartOptions, StartMessage } from './worker-messages.ts';

export interface ConsentView {
  setVisible(visible: boolean): void;
  showOffer(offer: Offer): void;
  /** The coordinator could not be asked; the page will try again. */
  showTrouble(message: string): void;
  /** Why the session could not begin with what was chosen. */
  showError(message: string | null): void;
}

type Mode = 'federated' | 'gossip';
/** Of either mode. */
type AnyOffered = OfferedTask<AnyTask>;

/** From the address: `?mode=gossip&backend=wasm&name=NAME`, and `#token=TOKEN`, which is never sent to a server by the browser itself. */
function fromAddress(): { mode: Mode | null; backend: BackendName | null; name: string | null; token: string | null } {
  const query = new URLSearchParams(location.search);
  const wish = query.get('backend');
  const backend = BACKEND_NAMES.find((name) => name === wish) ?? null;
  const asked = query.get('mode');
  return { mode: asked === 'gossip' || asked === 'federated' ? asked : null, backend, name: query.get('name'), token: new URLSearchParams(location.hash.slice(1)).get('token') };
}

/** `url`: the coordinator's, which goes into what is agreed to. */
export function createConsentView(url: string, onAgree: (start: StartMessage) => void): ConsentView {
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
  let mode: Mode = 'federated';
  let shownTasks = '';
  const declined = new Set<string>();
  /** Of tasks in gossip mode one can be joined at a time. */
  let chosenTask: string | null = null;

  const address = fromAddress();
  name.value = (address.name ?? nameThisBrowser(navigator)).slice(0, 100);
  if (address.backend !== null) backend.value = address.backend;
  if (address.token !== null) {
    token.value = address.token;
    // A token should not stay where screenshots and histories see it.
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }

  const offered = (): readonly AnyOffered[] => (mode === 'gossip' ? offer?.gossip : offer?.tasks) ?? [];
  const federatedTasks = (): readonly TaskSpec[] => (offer?.tasks ?? []).map(({ spec }) => spec).filter(({ name: task }) => !declined.has(task));
  const gossipTask = (): GossipTask | null => {
    const tasks = (offer?.gossip ?? []).map(({ spec }) => spec);
    return tasks.find(({ name: task }) => task === chosenTask) ?? tasks[0] ?? null;
  };
  function agreedTasks(): readonly AnyTask[] {
    if (mode === 'federated') return federatedTasks();
    const task = gossipTask();
    return task === null ? [] : [task];
  }
  const data = createDataChoiceView(() => showReadiness());

  function showReadiness(): void {
    const tasks = agreedTasks();
    const missing = offer === null ? 'the coordinator has not answered yet' : offered().length === 0 ? 'there is no task to join' : tasks.length === 0 ? 'choose a task' : data.choice() === null ? 'choose where the examples come from' : null;
    agree.disabled = missing !== null;
    setText(hint, missing ?? '');
  }

  function showTasks(tasks: readonly AnyOffered[]): void {
    const key = JSON.stringify(tasks.map(({ spec, status, modelBytes }) => [spec.name, spec.description, status, modelBytes]));
    if (key === shownTasks) return;
    shownTasks = key;
    list.replaceChildren(
      ...tasks.map((task) => {
        const { spec } = task;
        const item = create('li');
        const label = create('label', 'task');
        const box = create('input');
        box.type = isGossipTask(spec) ? 'radio' : 'checkbox';
        box.name = isGossipTask(spec) ? 'gossip-task' : '';
        box.checked = isGossipTask(spec) ? spec === gossipTask() : !declined.has(spec.name);
        box.dataset['testid'] = `task-${spec.name}`;
        box.addEventListener('change', () => {
          if (isGossipTask(spec)) chosenTask = spec.name;
          else if (box.checked) declined.delete(spec.name);
          else declined.add(spec.name);
          choicesChanged();
        });
        const body = create('span', 'body');
        body.append(create('span', 'name', spec.name), create('span', '', spec.description), create('span', 'detail block', isGossipTask(spec) ? describeGossipTask(spec) : describeTask({ ...task, spec })));
        // A single task needs no box: the button says yes or no to it.
        if (tasks.length > 1) label.append(box, body);
        else label.append(body);
        item.append(label);
        return item;
      }),
    );
  }

  function showMode(next: Mode): void {
    mode = next;
    for (const one of document.querySelectorAll<HTMLElement>('#consent [data-mode]')) setHidden(one, one.dataset['mode'] !== mode);
    setHidden(byId('other-mode', HTMLElement), offer === null || (mode === 'gossip' ? offer.tasks : offer.gossip).length === 0);
    const other = byId('other-mode-link', HTMLAnchorElement);
    other.href = `?mode=${mode === 'gossip' ? 'federated' : 'gossip'}`;
    setText(other, mode === 'gossip' ? 'take part in rounds that the coordinator leads' : 'learn with other peers, without a coordinator (gossip)');
  }

  /** What is agreed to is told of what is chosen; of all that is offered while nothing is. */
  function showWork(): void {
    const chosen = federatedTasks();
    const tasks = chosen.length > 0 ? chosen : (offer?.tasks ?? []).map(({ spec }) => spec);
    const without = tasks.some((spec) => !trainsModel(spec));
    const works = { statistics: without, training: !without || tasks.some(trainsModel) };
    for (const one of document.querySelectorAll<HTMLElement>('#consent [data-work]')) setHidden(one, !works[one.dataset['work'] === 'statistics' ? 'statistics' : 'training']);
  }

  function choicesChanged(): void {
    showWork();
    setHidden(byId('labels-choice', HTMLElement), mode === 'gossip' || !federatedTasks().some(asksForLabels));
    data.offer(offer?.demo ?? null, agreedTasks());
    showReadiness();
  }

  byId('form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const choice = data.choice();
    if (choice === null) return;
    const wish = BACKEND_NAMES.find((one) => one === backend.value) ?? null;
    const common: Omit<GossipStartOptions, 'task'> = { url, name: name.value.trim() === '' ? nameThisBrowser(navigator) : name.value.trim(), backend: wish, enrolmentToken: token.value.trim() === '' ? null : token.value.trim(), data: choice };
    const task = gossipTask();
    if (mode === 'gossip') {
      if (task !== null) onAgree({ type: 'start-gossip', options: { ...common, task } });
      return;
    }
    const tasks = federatedTasks();
    if (tasks.length > 0) onAgree({ type: 'start', options: { ...common, tasks, shareLabels: shareLabels.checked && tasks.some(asksForLabels) } });
  });

  return {
    setVisible: (visible) => setHidden(section, !visible),
    showOffer(next) {
      offer = next;
      // Who was sent here for one of the two gets that one; else whatever there is.
      showMode(address.mode ?? (next.tasks.length === 0 && next.gossip.length > 0 ? 'gossip' : 'federated'));
      offerBox.setAttribute('aria-busy', 'false');
      setHidden(waiting, offered().length > 0);
      setText(waiting, mode === 'gossip' ? 'The coordinator has no task in gossip mode that is open now. This page looks again by itself.' : 'The coordinator has no task now. This page looks again by itself; tasks are created with: npm run --silent murmur -- task create my-task.json');
      showTasks(offered());
      setHidden(byId('token-field', HTMLElement), next.enrolment === 'open');
      for (const [id, ofModels] of [['sent-size', true], ['sent-size-statistics', false]] as const) {
        const largest = Math.max(0, ...next.tasks.filter(({ spec }) => trainsModel(spec) === ofModels).map((task) => reportBytes(task) ?? 0));
        setText(byId(id, HTMLElement), largest === 0 ? '' : `, about ${formatBytes(largest)} each`);
      }
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
