/** The form's part on where the examples come from: the demonstration sample, or one's own files, dropped or picked. */
import { formatBytes, formatCount } from '../../shared/format.ts';
import type { AnyTask } from '../../shared/task/task-spec.ts';
import { droppedFiles, pickedFiles, type DroppedFile } from '../datasets/browser/dropped-files.ts';
import { READABLE_IMAGE } from '../datasets/images.ts';
import { describeData } from './describe-task.ts';
import { byId, setHidden, setText } from './dom.ts';
import type { DataChoice, DemoData } from './worker-messages.ts';

export interface DataChoiceView {
  /** What the tasks agreed to want decides what is offered. */
  offer(demo: DemoData | null, tasks: readonly Pick<AnyTask, 'name' | 'data'>[]): void;
  /** null while nothing is chosen. */
  choice(): DataChoice | null;
}

function describeFiles(files: readonly DroppedFile[]): string {
  if (files.length === 0) return '';
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const names = files.length <= 3 ? files.map(({ path }) => path).join(', ') : `${formatCount(files.length)} files`;
  return `${names} (${formatBytes(bytes)})`;
}

export function createDataChoiceView(onChange: () => void): DataChoiceView {
  const group = byId('data-choice', HTMLFieldSetElement);
  const demoChoice = byId('demo-choice', HTMLElement);
  const radio = (value: 'demo' | 'files'): HTMLInputElement => group.querySelector<HTMLInputElement>(`input[value="${value}"]`) as HTMLInputElement;
  const drop = byId('drop', HTMLElement);
  const fileInput = byId('file-input', HTMLInputElement);
  const folderInput = byId('folder-input', HTMLInputElement);
  const classChoice = byId('class-choice', HTMLElement);
  const classSelect = byId('class-select', HTMLSelectElement);
  let demo: DemoData | null = null;
  let files: readonly DroppedFile[] = [];
  let classes: readonly string[] = [];

  /** Images that lie in no folder say nothing of their class: the owner is asked. */
  const needsClass = (): boolean => classes.length > 0 && files.some(({ path }) => READABLE_IMAGE.test(path) && !path.includes('/'));

  function show(): void {
    setHidden(drop, !radio('files').checked);
    setText(byId('picked', HTMLElement), describeFiles(files));
    setHidden(classChoice, !needsClass());
    onChange();
  }

  function take(found: readonly DroppedFile[]): void {
    files = found;
    radio('files').checked = true;
    show();
  }

  group.addEventListener('change', show);
  byId('pick-files', HTMLButtonElement).addEventListener('click', () => fileInput.click());
  byId('pick-folder', HTMLButtonElement).addEventListener('click', () => folderInput.click());
  for (const input of [fileInput, folderInput]) input.addEventListener('change', () => take(pickedFiles(input.files ?? [])));

  // A file that misses the box would otherwise replace the page by itself.
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) drop.classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer === null || byId('consent', HTMLElement).hidden) return;
    droppedFiles(event.dataTransfer).then(take, (thrown: unknown) => setText(byId('picked', HTMLElement), `Not readable: ${String(thrown)}`));
  });

  return {
    offer(offered, tasks) {
      const images = tasks.filter(({ data }) => data.kind === 'image');
      demo = images.length > 0 ? offered : null;
      setHidden(demoChoice, demo === null);
      setText(byId('demo-description', HTMLElement), demo?.description ?? '');
      if (demo !== null && !radio('files').checked) radio('demo').checked = true;
      if (demo === null) {
        radio('demo').checked = false;
        radio('files').checked = tasks.length > 0;
      }
      if (tasks.length > 0) setText(byId('files-wanted', HTMLElement), tasks.map(({ name, data }) => `${tasks.length > 1 ? `For ${name}: ` : 'Wanted: '}${describeData(data)}.`).join(' '));
      const offeredClasses = [...new Set(images.flatMap(({ data }) => (data.kind === 'image' ? data.classes : [])))];
      if (offeredClasses.join('\n') !== classes.join('\n')) {
        classes = offeredClasses;
        classSelect.replaceChildren(...classes.map((name) => new Option(name, name)));
      }
      show();
    },
    choice() {
      if (radio('demo').checked && demo !== null) return { kind: 'demo', demo };
      if (!radio('files').checked || files.length === 0) return null;
      return { kind: 'files', files, chosenClass: needsClass() ? classSelect.value : null };
    },
  };
}
