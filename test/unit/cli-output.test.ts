import { describe, expect, it } from 'vitest';
import { formatTable } from '../../cli/table.ts';
import { runMurmur } from '../../cli/main.ts';
import { describeFailure } from '../../cli/output.ts';
import { datasetChooser, evaluationLoaders } from '../../cli/datasets.ts';
import { splitTask } from '../../cli/arguments.ts';
import { MurmurError } from '../../shared/errors.ts';
import { badTaskSpec } from '../../shared/task/parse-task-spec.ts';

async function murmur(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  let out = '';
  let error = '';
  const code = await runMurmur(argv, { out: (text) => void (out += text), error: (text) => void (error += text) });
  return { code, out, error };
}

describe('murmur', () => {
  it.each([[[]], [['task']], [['task', 'create']], [['serve']], [['agent']], [['models', 'export']], [['edges', 'revoke']]])('shows help for %j and ends with 0', async (path) => {
    const { code, out, error } = await murmur(...path, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: ${['murmur', ...path].join(' ')}`);
    expect(error).toBe('');
  });

  it('ends with 2 for wrong usage, and says what was wrong', async () => {
    expect(await murmur('fly')).toEqual({ code: 2, out: '', error: "murmur: unknown command 'fly'; --help tells more\n" });
    expect(await murmur('serve', '--port', 'high')).toMatchObject({ code: 2, error: expect.stringContaining("option '--port <n>' argument 'high' is invalid. A port from 0 to 65535 is expected.") as string });
    expect((await murmur('agent')).code).toBe(2);
    expect((await murmur('task', 'show')).error).toContain("missing required argument 'name'");
    expect((await murmur('models', 'export', 'x', '--format', 'onnx')).error).toContain('Allowed choices are tfjs, safetensors');
    expect((await murmur('task', 'list', '--url', 'ftp://x')).error).toContain('neither http nor https');
    expect((await murmur('task')).code).toBe(2);
  });

  it('prints errors as one JSON line wherever --json stands', async () => {
    for (const argv of [['--json', 'fly'], ['fly', '--json']]) {
      const { code, out, error } = await murmur(...argv);
      expect(code).toBe(2);
      expect(error).toBe('');
      expect(JSON.parse(out)).toEqual({ ok: false, error: { code: 'bad_usage', message: "unknown command 'fly'; --help tells more", retryable: false } });
    }
  });

  it('ends with 1 where no coordinator answers, and names the address', async () => {
    // Port 1 of loopback: reserved, and nobody listens.
    const { code, error } = await murmur('task', 'list', '--url', 'http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(error).toMatch(/^murmur: no coordinator answers at http:\/\/127\.0\.0\.1:1 \(.+\); start one with `murmur serve`, or name another with --url\n$/);
  });

  it('takes the version of a model for the model’s, and its own for its own', async () => {
    expect((await murmur('--version')).out).toBe('0.1.0\n');
    expect((await murmur('models', 'export', 'x', '--format', 'tfjs', '--version', '1.5')).error).toContain('The number of a version is expected, or its label');
  });
});

describe('describeFailure', () => {
  it('lists wrong fields by path, a line each', () => {
    const error = badTaskSpec([{ path: 'round.goal', message: 'must be positive' }, { path: 'model.topology', message: 'no layers' }]);
    expect(describeFailure(error, false)).toBe('murmur: the task is refused:\n  round.goal: must be positive\n  model.topology: no layers');
  });
  it('does not repeat a single one that the message says already', () => {
    expect(describeFailure(badTaskSpec([{ path: 'round.goal', message: 'must be positive' }]), false)).toBe('murmur: the task is refused: round.goal: must be positive');
  });
  it('names places in files', () => {
    const problems = [{ line: 3, column: 'age', found: '"x"', expected: 'a number' }, { file: 'a.png', found: 'no image', expected: 'an image' }];
    expect(describeFailure(new MurmurError('bad_dataset', 'patients.csv is wrong', { details: { problems } }), false)).toBe('murmur: patients.csv is wrong\n  line 3, column age: found "x", expected a number\n  a.png: found no image, expected an image');
  });
  it('shows stacks, causes included, only when asked', () => {
    const error = new MurmurError('storage_failed', 'outer', { cause: new TypeError('inner') });
    expect(describeFailure(error, false)).toBe('murmur: outer');
    expect(describeFailure(error, true)).toMatch(/MurmurError: outer\n[^]*TypeError: inner\n/);
  });
});

describe('datasets on the command line', () => {
  it.each([
    ['digits=mnist:1/10', 'digits', 'mnist:1/10'],
    ['csv:a=b.csv', null, 'csv:a=b.csv'],
    ['rows=csv:a=b.csv', 'rows', 'csv:a=b.csv'],
  ])('%s', (text, task, value) => expect(splitTask(text)).toEqual({ task, value }));

  it('gives a task its own, and every other the bare one', () => {
    const choose = datasetChooser(['csv:all.csv', 'digits=mnist:1/10']);
    expect(choose('digits')?.name).toBe('mnist:1/10');
    expect(choose('rows')?.name).toBe('csv:all.csv');
    expect(datasetChooser(['digits=mnist:1/10'])('rows')).toBeNull();
  });
  it('refuses two for the same tasks, and schemes that are none', () => {
    const refusal = (run: () => unknown): unknown => { try { return run(); } catch (thrown) { return thrown instanceof MurmurError ? thrown.code : thrown; } };
    expect(refusal(() => datasetChooser(['csv:a', 'csv:b']))).toBe('bad_usage');
    expect(refusal(() => datasetChooser(['x=csv:a', 'x=csv:b']))).toBe('bad_usage');
    expect(refusal(() => datasetChooser(['a.csv']))).toBe('bad_usage');
    expect(refusal(() => evaluationLoaders([{ task: 'x', dataset: 'a.csv' }]))).toBe('bad_usage');
  });
});

it('formatTable aligns columns and leaves no spaces behind', () => {
  expect(formatTable(['A', 'LONG'], [['wide one', ''], ['x', 'y']])).toBe('A         LONG\nwide one\nx         y');
});
