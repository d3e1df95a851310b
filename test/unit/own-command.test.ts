import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOutput } from '../../cli/output.ts';
import { ownCommand, withOwnCommands } from '../../cli/own-command.ts';
import { MurmurError } from '../../shared/errors.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a hint', () => {
  it.each([
    ['murmur', 'npm run --silent murmur -- task list'],
    ['start', 'npm run --silent murmur -- task list'],
    ['npx', 'murmur task list'],
    ['test', 'murmur task list'],
    [undefined, 'murmur task list'],
  ])('under the npm script %s is %s', (script, command) => {
    expect(ownCommand('task list', { npm_lifecycle_event: script })).toBe(command);
  });

  it('stands in backticks within a text, and nothing else is touched', () => {
    const env = { npm_lifecycle_event: 'murmur' };
    expect(withOwnCommands('murmur: try `murmur task list`, or `murmur serve`; not `git log`, nor `murmur`', env)).toBe('murmur: try `npm run --silent murmur -- task list`, or `npm run --silent murmur -- serve`; not `git log`, nor `murmur`');
    expect(withOwnCommands('try `murmur task list`', {})).toBe('try `murmur task list`');
  });

  it.each([['murmur', 'npm run --silent murmur -- serve'], ['', 'murmur serve']])('is printed as it can be typed, under %j', (script, command) => {
    vi.stubEnv('npm_lifecycle_event', script);
    let [out, error] = ['', ''];
    const output = createOutput({ out: (text) => void (out += text), error: (text) => void (error += text) }, { json: false, verbose: false });
    output.note('a `murmur serve`');
    output.event({}, 'b `murmur serve`');
    output.result({}, 'c `murmur serve`');
    output.failure(new MurmurError('disconnected', 'd `murmur serve`'));
    expect(out).toBe(`a \`${command}\`\nb \`${command}\`\nc \`${command}\`\n`);
    expect(error).toBe(`murmur: d \`${command}\`\n`);
  });
});
