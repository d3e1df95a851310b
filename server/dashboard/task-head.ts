/** Which task is shown: its name, state and description, what to do when it does not run, and a selector where there are several. */
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { createCommand } from './command.ts';
import { byId, setAttribute, setHidden, setText } from './dom.ts';

function noteOf({ task, status, statusReason, withoutModel, version, best = null }: LiveTask): { readonly text: string; readonly command: string } | null {
  switch (status) {
    case 'running':
      return null;
    case 'created':
      return { text: 'Created, not started yet. Start it with', command: `npm run --silent murmur -- task start ${task}` };
    case 'stopped':
      return { text: `Stopped${statusReason === null ? '' : `: ${statusReason}`}. Go on with`, command: `npm run --silent murmur -- task start ${task}` };
    case 'finished':
      return {
        text: `Finished${statusReason === null ? '' : `: ${statusReason}`}. ${withoutModel ? 'Its result in full' : 'Take the model with'}`,
        command: withoutModel ? `npm run --silent murmur -- statistics ${task} --json` : `npm run --silent murmur -- models export ${task}${best === null || best === version ? '' : ' --version best'} --format tfjs --out ${task}`,
      };
  }
}

/** As the list of tasks shows it. */
function labelOf({ task, status, swarm }: LiveTask): string {
  const facts = [...(swarm === undefined ? [] : [`gossip, ${swarm.connected} ${swarm.connected === 1 ? 'peer' : 'peers'} connected`]), ...(status === 'running' ? [] : [status])];
  return facts.length === 0 ? task : `${task} (${facts.join(', ')})`;
}

export interface TaskHead {
  update(task: LiveTask, all: readonly LiveTask[]): void;
}

export function createTaskHead(choose: (task: string) => void): TaskHead {
  const name = byId('task-name', HTMLElement);
  const status = byId('task-status', HTMLElement);
  const description = byId('task-description', HTMLElement);
  const note = byId('task-note', HTMLElement);
  const picker = byId('task-picker', HTMLElement);
  const select = byId('task-select', HTMLSelectElement);
  select.addEventListener('change', () => choose(select.value));
  let offered = '';
  let noted: string | null = null;

  return {
    update(task, all) {
      setText(name, task.task);
      setText(status, task.swarm === undefined ? task.status : `${task.status} · gossip, ${task.swarm.connected} connected`);
      setAttribute(status, 'data-status', task.status);
      setText(description, task.description);
      setHidden(description, task.description === '');

      const wanted = noteOf(task);
      const key = JSON.stringify(wanted);
      if (key !== noted) {
        noted = key;
        setHidden(note, wanted === null);
        note.replaceChildren(...(wanted === null ? [] : [wanted.text, createCommand(wanted.command)]));
      }

      setHidden(picker, all.length < 2);
      const names = all.map((one) => `${one.task}\n${labelOf(one)}`).join('\n');
      if (names !== offered) {
        offered = names;
        select.replaceChildren(...all.map((one) => new Option(labelOf(one), one.task)));
      }
      if (select.value !== task.task) select.value = task.task;
    },
  };
}
