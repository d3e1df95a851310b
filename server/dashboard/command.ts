/** A command to be typed elsewhere: it wraps instead of being cut, and can be copied whole. */
import { create, setText } from './dom.ts';

const LABEL = 'Copy';

export function createCommand(command: string): HTMLElement {
  const line = create('span', 'command-line');
  const code = create('code');
  // A line break behind the hyphens of `--format` would read as another option.
  code.append(...command.split(' ').flatMap((word, i) => [...(i === 0 ? [] : [' ']), create('span', 'word', word)]));
  const copy = create('button', 'button plain copy', LABEL);
  copy.type = 'button';
  copy.dataset['testid'] = 'copy';
  copy.setAttribute('aria-live', 'polite');
  copy.addEventListener('click', () => {
    copyText(command).then(
      () => setText(copy, 'Copied'),
      () => {
        getSelection()?.selectAllChildren(code);
        setText(copy, 'Selected: copy it by hand');
      },
    );
  });
  copy.addEventListener('blur', () => setText(copy, LABEL));
  line.append(code, copy);
  return line;
}

/** Browsers lend the clipboard to pages from loopback and over TLS alone. */
function copyText(text: string): Promise<void> {
  // Typed as always there, which it is not elsewhere.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return clipboard === undefined ? Promise.reject(new TypeError('this page has no clipboard')) : clipboard.writeText(text);
}
