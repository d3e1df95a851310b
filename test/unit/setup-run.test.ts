import { existsSync, watch } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSetupProject, type SetupProject } from '../helpers/setup-project.ts';

const calls = async (project: SetupProject): Promise<number> => (await project.read('npm-calls')).trim().split('\n').length;

/** Resolves when the file is there. */
async function appears(folder: string, name: string): Promise<void> {
  const watcher = watch(folder);
  try {
    await new Promise<void>((resolve) => {
      watcher.on('change', (_event, changed) => {
        if (changed === name) resolve();
      });
      if (existsSync(join(folder, name))) resolve();
    });
  } finally {
    watcher.close();
  }
}

describe('the set-up', () => {
  it('installs and builds what is missing, and then has nothing to do', async () => {
    await using project = await createSetupProject();
    const first = await project.run();
    expect(first.output).toContain('no packages are installed yet');
    expect(first.code).toBe(0);
    expect(await project.read('npm-calls')).toBe('ci --include=dev --include=optional --no-audit --no-fund\n');
    const { two } = (await import(join(project.folder, 'dist/cli/main.js'))) as { two: number };
    expect(two).toBe(2);

    expect(await project.run()).toEqual({ code: 0, output: 'Everything is set up.\n' });
    expect(await calls(project)).toBe(1);
    expect(await project.read('browser-builds')).toBe('built\n');
  });

  it('builds again what changed, was removed or is left over, without installing again', async () => {
    await using project = await createSetupProject();
    expect((await project.run()).code).toBe(0);

    await project.write('shared/one.ts', 'export const one: number = 21;\n');
    await project.write('cli/extra.ts', 'export const extra = true;\n');
    expect((await project.run()).output).toContain('Building');
    expect(await project.read('dist/shared/one.js')).toContain('21');
    expect(existsSync(join(project.folder, 'dist/cli/extra.js'))).toBe(true);

    await rm(join(project.folder, 'cli/extra.ts'));
    await rm(join(project.folder, 'dist/cli/main.js'));
    expect((await project.run()).code).toBe(0);
    expect(existsSync(join(project.folder, 'dist/cli/main.js'))).toBe(true);
    expect(existsSync(join(project.folder, 'dist/cli/extra.js'))).toBe(false);
    expect(await calls(project)).toBe(1);
  });

  it('installs again when package-lock.json asks for another version', async () => {
    await using project = await createSetupProject();
    expect((await project.run()).code).toBe(0);
    await project.write('package-lock.json', (await project.read('package-lock.json')).replace('6.0.0', '6.0.1'));
    expect((await project.run()).output).toContain('node_modules/typescript is 6.0.0 where package-lock.json asks for 6.0.1');
    expect(await calls(project)).toBe(2);
  });

  it('completes what an interrupted one left', async () => {
    await using project = await createSetupProject();
    await project.write('halt', '');
    const interrupted = project.start();
    await appears(project.folder, 'halted');
    // The hardest interruption: nothing can be tidied up, and the lock stays behind.
    interrupted.child.kill('SIGKILL');
    await interrupted.ended;
    expect(existsSync(join(project.folder, '.cache/setup.lock'))).toBe(true);
    await rm(join(project.folder, 'halt'));
    expect((await project.run()).code).toBe(0);
    expect(await calls(project)).toBe(2);
    expect(existsSync(join(project.folder, '.cache/setup.lock'))).toBe(false);
  });

  it('is done once when two begin at the same time', async () => {
    await using project = await createSetupProject();
    const results = await Promise.all([project.run(), project.run()]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(await calls(project)).toBe(1);
    expect(await project.read('browser-builds')).toBe('built\n');
  });

  it('says what does not compile, ends with 1, and is not taken for done', async () => {
    await using project = await createSetupProject();
    await project.write('shared/one.ts', "export const one: number = 'one';\n");
    for (const attempt of [1, 2]) {
      const { code, output } = await project.run();
      expect(code, `attempt ${attempt}`).toBe(1);
      expect(output).toContain("shared/one.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.");
    }
    await project.write('shared/one.ts', 'export const one: number = 1;\n');
    expect((await project.run()).code).toBe(0);
  });

  it('hands on what npm said when it fails, with what to do', async () => {
    await using project = await createSetupProject();
    await project.write('npm-cli.cjs', "console.error('npm error the registry is on fire'); process.exit(7);");
    const { code, output } = await project.run();
    expect(code).toBe(1);
    expect(output).toContain('the registry is on fire');
    expect(output).toContain('npm ping');
  });

  it('waits for a living holder of the lock, and takes it from a silent one', async () => {
    await using project = await createSetupProject();
    const lock = join(project.folder, '.cache/setup.lock');
    await project.write('.cache/setup.lock', `${process.pid} ${(await import('node:os')).hostname()} x`);
    const waiting = project.start();
    await waiting.says(`Waiting for another set-up (process ${process.pid})`);
    // As if the number belonged to another process by now: this one never shows a sign of life.
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(lock, longAgo, longAgo);
    expect((await waiting.ended).code).toBe(0);
    expect(await calls(project)).toBe(1);
    await writeFile(lock, '');
    await utimes(lock, longAgo, longAgo);
    expect((await project.run()).output).toBe('Everything is set up.\n');
  });
});
