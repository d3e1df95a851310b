/** The five phases as a strip: the current one lit, its deadline counting down. Of a task without rounds to wait for, what its buffer holds. */
import { PHASES, type LiveTask, type Phase } from '../../shared/protocol/live-view.ts';
import { formatDuration } from '../../shared/format.ts';
import { describeBuffer } from '../../shared/protocol/describe-buffer.ts';
import { describeRoundNumber } from '../../shared/protocol/describe-limit.ts';
import { byId, create, setAttribute, setHidden, setText } from './dom.ts';

const WHAT_HAPPENS: Readonly<Record<Phase, string>> = {
  initialization: 'edges connect',
  selection: 'who takes part',
  configuration: 'edges get the model',
  reporting: 'edges train and report',
  updating: 'a new version is made',
};

/** The same where there is nothing to train. */
const WITHOUT_MODEL: Readonly<Record<Phase, string>> = { ...WHAT_HAPPENS, configuration: 'edges get the question', reporting: 'edges measure and report', updating: 'the result is made' };

const happensIn = (phase: Phase, { withoutModel }: LiveTask): string => (withoutModel === true ? WITHOUT_MODEL : WHAT_HAPPENS)[phase];

/** A round may last two seconds: a screen reader hears of phases no more often than this. */
const ANNOUNCE_EVERY_MS = 6_000;

interface PhaseCell {
  readonly element: HTMLLIElement;
  readonly what: HTMLElement;
  readonly fill: HTMLElement;
  readonly timer: HTMLElement;
}

export interface PhaseStrip {
  update(task: LiveTask): void;
  /** Moves the countdown; `now` is on the coordinator's clock. */
  tick(now: number): void;
}

export function createPhaseStrip(): PhaseStrip {
  const heading = byId('phase-round', HTMLElement);
  const elapsed = byId('phase-elapsed', HTMLElement);
  const live = byId('phase-live', HTMLElement);
  const list = byId('phases', HTMLOListElement);
  const buffer = byId('buffer', HTMLElement);
  const cells = new Map<Phase, PhaseCell>();
  let shown: LiveTask | null = null;
  let announcedAt = -Infinity;

  for (const phase of PHASES) {
    const element = create('li', 'phase');
    element.dataset['testid'] = `phase-${phase}`;
    const what = create('span', 'phase-what', WHAT_HAPPENS[phase]);
    const timer = create('span', 'phase-timer');
    const fill = create('span', 'phase-fill');
    const track = create('span', 'phase-track');
    track.setAttribute('aria-hidden', 'true');
    track.append(fill);
    element.append(create('span', 'phase-name', phase), what, timer, track);
    list.append(element);
    cells.set(phase, { element, what, fill, timer });
  }

  /** @returns what it says, to be read out; null where the task has rounds */
  function updateBuffer(task: LiveTask): string | null {
    const parts = describeBuffer(task);
    setHidden(list, parts.length > 0);
    setHidden(buffer, parts.length === 0);
    while (buffer.children.length > parts.length) buffer.lastElementChild?.remove();
    while (buffer.children.length < parts.length) buffer.append(create('li', 'buffer-part'));
    parts.forEach((part, i) => setText(buffer.children[i], part));
    return parts.length === 0 ? null : parts.join('; ');
  }

  function roundHeading(task: LiveTask): string {
    if (task.buffer !== undefined && task.phase !== null) return `Version ${task.version}`;
    if (task.phase === null) return task.round === 0 ? 'No round yet' : `After round ${task.round}`;
    return `Round ${describeRoundNumber(task)}`;
  }

  return {
    update(task) {
      const changed = shown === null || shown.task !== task.task || shown.phase !== task.phase || shown.round !== task.round;
      shown = task;
      setText(heading, roundHeading(task));
      const held = updateBuffer(task);
      const current = task.phase === null ? -1 : PHASES.indexOf(task.phase);
      for (const [index, phase] of PHASES.entries()) {
        const { element, what } = cells.get(phase) as PhaseCell;
        setText(what, happensIn(phase, task));
        setAttribute(element, 'data-state', current < 0 ? 'idle' : index < current ? 'done' : index === current ? 'current' : 'ahead');
        if (index === current) setAttribute(element, 'aria-current', 'step');
        else element.removeAttribute('aria-current');
      }
      if (changed && performance.now() - announcedAt >= ANNOUNCE_EVERY_MS) {
        announcedAt = performance.now();
        setText(live, task.phase === null ? `${task.task} is ${task.status}` : held !== null ? `${roundHeading(task)}: ${held}` : `${roundHeading(task)}, phase ${task.phase}: ${happensIn(task.phase, task)}`);
      }
    },
    tick(now) {
      if (shown === null) return;
      const { phase, phaseStartedAt, deadline } = shown;
      setText(elapsed, phase === null || shown.buffer !== undefined ? '' : `in this phase for ${formatDuration(Math.max(0, Math.floor((now - phaseStartedAt) / 1000) * 1000))}`);
      for (const [name, { fill, timer }] of cells) {
        if (name !== phase || deadline === null) {
          setText(timer, name === phase ? 'no deadline' : '');
          fill.style.width = '';
          continue;
        }
        const left = Math.max(0, deadline - now);
        setText(timer, left === 0 ? 'deadline reached' : `${formatDuration(Math.ceil(left / 1000) * 1000)} left at most`);
        const share = deadline > phaseStartedAt ? (now - phaseStartedAt) / (deadline - phaseStartedAt) : 1;
        fill.style.width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
      }
    },
  };
}
